/** Runs trained nets that come as ONNX files. */
import { load } from "../../../src/onnx/index.ts";
import type { Adapter, Adapters } from "../evaluate.ts";
import { tensorOf } from "../golden-case.ts";
import { pixels } from "../models.ts";

const run: Adapter = async (c, backend) => {
  const model = c.attrs.get("model") as Uint8Array;
  const images = tensorOf(c, c.inputs.get("images")!);
  const graph = load(model);
  using net = await backend.compile(graph);
  // All images at once: where ranges are chosen at run time, they are those of the batch.
  const logits = (await net({ [graph.inputs[0]!]: pixels(images) }))[[...graph.outputs.keys()][0]!]!;
  const traces = [...c.outputs].filter(([role]) => role !== "logits");
  if (traces.length === 0) return { outputs: { logits } };
  const names = traces.map(([role]) => role.slice("trace ".length));
  const traced = load(model, { outputs: names });
  using inner = await backend.compile(traced);
  const values = await inner({ [traced.inputs[0]!]: pixels(images, 2) });
  return { outputs: { logits, ...Object.fromEntries(names.map((name) => [`trace ${name}`, values[name]!])) } };
};

export const models: Adapters = new Map(["float", "qdq", "qop", "dynamic"].map((kind) => [kind, run]));
