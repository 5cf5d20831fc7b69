import { GraphError } from "../errors.ts";
import { finish, startFrom, type Graph } from "../graph/index.ts";
import type { Attrs, OpDef } from "../ops/op.ts";
import { scalar, sizes, zeros } from "../tensor/index.ts";
import { countSteps, STEP_NOW } from "./countSteps.ts";
import { gradientName, parametersOf } from "./gradient.ts";

/** How parameters follow their gradients: an op with inputs parameter, gradient, lr, step and output parameterOut. */
export interface UpdateRule {
  readonly op: OpDef;
  readonly attrs: Attrs;
  /** What the op keeps per parameter between steps: input name -> output name. It starts at zero. */
  readonly moments: Readonly<Record<string, string>>;
}

/** State f32 [1]: the learning rate of the next run. */
export const LEARNING_RATE = "train.lr";

/**
 * Turns the outputs `<parameter>.gradient` (see `gradient`) into updates of the parameters. The learning rate and the
 * number of the step are states: changing them compiles nothing.
 */
export function optimize(graph: Graph, rule: UpdateRule, lr: number): Graph {
  const counted = countSteps(graph);
  const parameters = parametersOf(graph).filter((p) => graph.outputs.has(gradientName(p)));
  if (parameters.length === 0)
    throw new GraphError({
      code: "no-gradient",
      where: "optimize",
      problem: "no parameter has an output with its gradient",
      remedy: "Apply gradient(graph, loss) first",
    });
  const b = startFrom(counted);
  for (const node of counted.nodes) b.add(node);
  b.state(LEARNING_RATE, "optimizer", scalar("f32", lr));
  for (const p of parameters) {
    const inputs = { parameter: p, gradient: counted.outputs.get(gradientName(p))!, lr: LEARNING_RATE, step: STEP_NOW };
    const shape = sizes(counted.types.get(p)!.shape);
    const moments = Object.entries(rule.moments).map(([input, output]) => ({
      input,
      output,
      state: b.state(`${p}.${input}`, "optimizer", zeros("f32", shape)),
    }));
    const made = b.emit(
      rule.op,
      { ...inputs, ...Object.fromEntries(moments.map((m) => [m.input, m.state])) },
      rule.attrs,
      `${p}.${rule.op.name}`,
    );
    b.update(p, made.parameterOut!);
    for (const m of moments) b.update(m.state, made[m.output]!);
  }
  const outputs = new Map([...counted.outputs].filter(([name]) => !parameters.some((p) => gradientName(p) === name)));
  return finish(b, { ...counted, outputs });
}
