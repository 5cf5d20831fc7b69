import { webgpu } from "../../src/backend/webgpu/index.ts";
import { load } from "../../src/onnx/index.ts";

/** Loads a model and runs it, all in the page. */
export default async function onnx({
  bytes,
  input,
}: {
  bytes: readonly number[];
  input: { shape: readonly number[]; data: readonly number[] };
}): Promise<readonly number[]> {
  using gpu = await webgpu();
  const graph = load(Uint8Array.from(bytes));
  using run = await gpu.compile(graph);
  const outputs = await run({ [graph.inputs[0]!]: { dtype: "f32", shape: input.shape, data: Float32Array.from(input.data) } });
  return [...Object.values(outputs)[0]!.data];
}
