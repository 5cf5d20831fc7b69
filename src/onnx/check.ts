/** How the parts of a graph fit together: names, order, outputs. What its operators can do is looked up in operators/. */
import { GraphError, type KnownCode } from "../errors.ts";
import type { OnnxGraph } from "./model.ts";
import { quote } from "./names.ts";

/**
 * @throws GraphError for names that stand for two values, values that are read before they are there (also in a circle), and
 * a graph without outputs
 */
export function checkGraph(graph: OnnxGraph): void {
  const fail = (code: KnownCode, where: string, problem: string, remedy?: string): never => {
    throw new GraphError({ code, where, problem, remedy });
  };
  const makers = new Map<string, number>();
  graph.nodes.forEach((node, i) => {
    for (const output of node.outputs) {
      if (output === "") continue;
      if (makers.has(output) || graph.initializers.has(output))
        fail("doubled-name", node.where, `makes ${quote(output)}, which is there already`);
      makers.set(output, i);
    }
  });
  const inputs = new Set<string>();
  for (const { name } of graph.inputs) {
    if (inputs.has(name) || makers.has(name)) fail("doubled-name", `input ${quote(name)}`, "another value has this name");
    inputs.add(name);
  }
  graph.nodes.forEach((node, i) => {
    for (const input of node.inputs) {
      if (input === "" || inputs.has(input) || graph.initializers.has(input)) continue;
      const maker = makers.get(input);
      if (maker === undefined) fail("undefined-value", node.where, `reads ${quote(input)}, which nothing makes`);
      else if (maker >= i)
        fail(
          "unsorted",
          node.where,
          `reads ${quote(input)}, which ${maker === i ? "it makes itself" : "a later node makes"}`,
          "ONNX asks for nodes in an order in which every value is made before it is read; a circle has none",
        );
    }
  });
  if (graph.outputs.length === 0) fail("no-outputs", "graph", "has no outputs");
  const outputs = new Set<string>();
  for (const { name } of graph.outputs) {
    if (outputs.has(name)) fail("doubled-name", `output ${quote(name)}`, "is named twice");
    outputs.add(name);
    if (!inputs.has(name) && !graph.initializers.has(name) && !makers.has(name))
      fail("undefined-value", `output ${quote(name)}`, "nothing makes it");
  }
}
