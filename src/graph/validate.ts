import { GraphError, type KnownCode } from "../errors.ts";
import { sameType } from "../tensor/index.ts";
import { nodeWhere, type Graph } from "./graph.ts";

/**
 * Checks that a graph is well formed: every value is defined once and before its use (so there is no cycle), every
 * node's outputs have the types that its op infers, updates and outputs name values that exist. No recursion: a chain
 * of any length is checked.
 * @throws GraphError, or what an op's `infer` throws.
 */
export function validate(graph: Graph): void {
  const fail = (code: KnownCode, where: string, problem: string): never => {
    throw new GraphError({ code, where, problem });
  };
  const defined = new Set<string>();
  const define = (v: string): void => {
    if (defined.has(v)) fail("doubled-name", `value "${v}"`, "is defined twice");
    if (!graph.types.has(v)) fail("untyped-value", `value "${v}"`, "has no type");
    defined.add(v);
  };
  [...graph.inputs, ...graph.states.keys(), ...graph.constants.keys()].forEach(define);
  const names = new Set<string>();
  for (const node of graph.nodes) {
    const where = nodeWhere(node.op, node.name);
    if (names.has(node.name)) fail("doubled-name", where, "another node has this name");
    names.add(node.name);
    for (const [key, v] of Object.entries(node.inputs))
      if (!defined.has(v)) fail("undefined-value", where, `input ${key} is "${v}", which is not defined before it`);
    const types = Object.fromEntries(Object.entries(node.inputs).map(([key, v]) => [key, graph.types.get(v)!]));
    const inferred = node.op.infer(types, node.attrs, where);
    for (const key of node.op.outputs) {
      const v = node.outputs[key];
      if (v === undefined) return fail("missing-output", where, `output ${key} has no name`);
      define(v);
      if (!sameType(graph.types.get(v)!, inferred[key]!))
        fail("type-mismatch", where, `output ${key} is typed otherwise than its op infers`);
    }
  }
  for (const [name, v] of graph.outputs)
    if (!defined.has(v)) fail("undefined-value", `output "${name}"`, `names "${v}", which is not defined`);
  for (const [s, v] of graph.updates) {
    if (!graph.states.has(s)) fail("undefined-value", `update of "${s}"`, "there is no such state");
    if (!defined.has(v)) fail("undefined-value", `update of "${s}"`, `names "${v}", which is not defined`);
    if (!sameType(graph.types.get(s)!, graph.types.get(v)!)) fail("type-mismatch", `update of "${s}"`, `"${v}" is of another type`);
  }
}
