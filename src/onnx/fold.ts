/**
 * Nodes whose inputs are all known are computed when the model is loaded, by the references of the ops that the operator
 * emits: weights behind a DequantizeLinear, shapes that are put together from parts, biases that are reshaped.
 */
import { GraphBuilder } from "../graph/index.ts";
import { copyOf, numel, sizes, type Tensor } from "../tensor/index.ts";
import type { Budget } from "./budget.ts";
import type { Context } from "./context.ts";
import { storedShape } from "./elements.ts";
import { Importer } from "./importer.ts";
import type { Operand } from "./operand.ts";
import { fromTensor } from "./tensor.ts";

export class Folding {
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** The outputs of a node whose inputs are all known; undefined where they are not, or where they would be too large. */
  fold(
    operator: { emit(c: Context): void },
    inputs: readonly (Operand | undefined)[],
    context: (into: Importer) => Context,
  ): ReadonlyMap<string, Operand> | undefined {
    if (!inputs.every((x) => x === undefined || x.known)) return undefined;
    const b = new GraphBuilder();
    const importer = new Importer(b, this.#budget);
    const c = context(importer);
    operator.emit(c);
    const pending = [...c.outputs.values()].filter((o) => !o.known);
    if (pending.length === 0) return c.outputs;
    for (const o of pending) b.output(o.name, importer.value(o));
    const graph = b.build();
    const made = [...graph.types].filter(([v]) => !graph.constants.has(v) && !graph.states.has(v));
    const count = made.reduce((sum, [, t]) => sum + numel(sizes(t.shape)), 0);
    if (!this.#budget.has(count)) return undefined;
    this.#budget.take(count, c.where);
    const tensors = new Map<string, Tensor>([...graph.constants, ...[...graph.states].map(([v, s]) => [v, s.tensor] as const)]);
    for (const node of graph.nodes) {
      const read = Object.fromEntries(Object.entries(node.inputs).map(([key, v]) => [key, tensors.get(v)!]));
      for (const [key, t] of Object.entries(node.op.reference(read, node.attrs))) tensors.set(node.outputs[key]!, t);
    }
    const folded = new Map(c.outputs);
    for (const { name, type, shape } of pending) {
      const t = tensors.get(graph.outputs.get(name)!)!;
      const known = fromTensor(type, copyOf({ ...t, shape: sizes(storedShape(type, shape)) }));
      folded.set(name, { name, type, shape, known });
    }
    return folded;
  }
}
