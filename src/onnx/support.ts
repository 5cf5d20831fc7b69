/** Which operators of a model can be imported: all that cannot are told in one error. */
import { GraphError } from "../errors.ts";
import { unknownAttributes } from "./attributes.ts";
import type { OnnxModel, OnnxNode } from "./model.ts";
import { listed } from "./names.ts";
import type { Operator } from "./operator.ts";
import { operators } from "./operators/index.ts";

/** By `domain.type`, latest version first. */
const table = new Map<string, readonly Operator[]>();
for (const operator of operators) {
  const key = keyOf(operator);
  table.set(
    key,
    [...(table.get(key) ?? []), operator].sort((a, b) => (b.since ?? 1) - (a.since ?? 1)),
  );
}

function keyOf({ domain = "", type }: { readonly domain?: string; readonly type: string }): string {
  return `${domain}.${type}`;
}

export interface Supported {
  readonly node: OnnxNode;
  readonly operator: Operator;
  readonly opset: number;
}

/** @throws GraphError that names every operator, version, attribute and output that is not supported */
export function findOperators({ graph, opsets, functions }: OnnxModel): readonly Supported[] {
  const problems = new Map<string, number>();
  const found: Supported[] = [];
  for (const node of graph.nodes) {
    const name = (node.domain === "" ? node.type : `${node.domain}.${node.type}`).slice(0, 80);
    const note = (problem: string): unknown => problems.set(problem, (problems.get(problem) ?? 0) + 1);
    const versions = functions.has(keyOf(node)) ? undefined : table.get(keyOf(node));
    const opset = opsets.get(node.domain);
    if (!versions) note(functions.has(keyOf(node)) ? `${name} (a function of the model)` : name);
    else if (opset === undefined) note(`${name} (the model does not import its operator set)`);
    else {
      const operator = versions.find((o) => opset >= (o.since ?? 1));
      if (!operator) {
        note(`${name} of operator set ${opset}`);
        continue;
      }
      for (const problem of unknownAttributes(node, operator.attributes)) note(`${name} with ${problem}`);
      const [least, most] = operator.inputs;
      if (node.inputs.length < least || node.inputs.length > most) note(`${name} with ${node.inputs.length} inputs`);
      if (node.outputs.slice(operator.outputs ?? 1).some((o) => o !== "")) note(`${name} with ${node.outputs.length} outputs`);
      found.push({ node, operator, opset });
    }
  }
  if (problems.size > 0)
    throw new GraphError({
      code: "unsupported-operators",
      where: "ONNX model",
      problem: "has operators that are not supported",
      got: listed(
        [...problems].map(([problem, count]) => (count > 1 ? `${problem} (${count} nodes)` : problem)),
        40,
      ),
      remedy: "src/onnx/README.md lists those that are",
    });
  return found;
}

/** The operators that are supported, as `domain.type` with the first version of the operator set that is read. */
export const supportedOperators = (): readonly string[] =>
  [...table].map(([key, versions]) => `${key.replace(/^\./, "")} (${versions.at(-1)!.since ?? 1})`).sort();
