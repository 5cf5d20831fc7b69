/** The convolutions of conv.ts beside ONNX Runtime Web's on the same adapter, in the same page, by turns. */
import type * as Ort from "onnxruntime-web";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import { channelsFirst } from "../golden-runner/layout.ts";
import { f32Graph, int8Graph, layer, operations, repeat, seedShape, type ConvLayer } from "./conv.ts";
import { timeTogether, type Repeated, type Timing } from "./measure.ts";
import { convModel, type Initializer } from "./onnx-model.ts";
import type { Row, Section } from "./rows.ts";

const { size, ic, oc, kernel, batch } = seedShape;
const dims = { x: [batch, ic, size, size], y: [batch, oc, size, size], w: [oc, ic, kernel, kernel] };
const shape = { x: dims.x, y: dims.y, kernel, padding: Math.floor(kernel / 2) };

async function loadOrt(): Promise<typeof Ort> {
  const path = "/ort.js";
  const ort = (await import(/* @vite-ignore */ path)) as typeof Ort;
  // Only the binary: the JavaScript beside it is in the bundle.
  ort.env.wasm.wasmPaths = { wasm: "/ort-wasm-simd-threaded.asyncify.wasm" };
  ort.env.wasm.numThreads = 1;
  return ort;
}

/** f32 on its WebGPU provider, input and output on the GPU, so that only the convolution is timed. */
async function f32Peer(ort: typeof Ort, l: ConvLayer): Promise<Repeated> {
  const floats = (t: Tensor): Float32Array => Float32Array.from(t.data);
  const initializers: Initializer[] = [
    { name: "w", type: "f32", dims: dims.w, data: floats(channelsFirst(l.weight)) },
    { name: "b", type: "f32", dims: [oc], data: floats(l.bias) },
  ];
  const model = convModel({ op: "Conv", inputs: ["x", "w", "b"], initializers, type: "f32", ...shape });
  const session = await ort.InferenceSession.create(model, { executionProviders: ["webgpu"], preferredOutputLocation: "gpu-buffer" });
  const device = (await ort.env.webgpu.device) as unknown as GPUDevice;
  const data = floats(channelsFirst(l.x));
  const gpuBuffer = device.createBuffer({
    size: data.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(gpuBuffer, 0, data as Float32Array<ArrayBuffer>);
  const x = ort.Tensor.fromGpuBuffer(gpuBuffer as never, { dataType: "float32", dims: dims.x });
  return async (repeats) => {
    for (let i = 0; i < repeats; i++) (await session.run({ x })).y!.dispose();
    await device.queue.onSubmittedWorkDone();
  };
}

/** int8 as a user gets it: the WebGPU provider is asked for, and hands QLinearConv to WebAssembly. */
async function int8Peer(ort: typeof Ort, l: ConvLayer): Promise<Repeated> {
  const f32 = (name: string, value: number): Initializer => ({ name, type: "f32", dims: [], data: Float32Array.of(value) });
  const i8 = (name: string, value: number): Initializer => ({ name, type: "i8", dims: [], data: Int8Array.of(value) });
  const initializers: Initializer[] = [
    f32("xs", l.scale),
    i8("xz", l.xZeroPoint),
    { name: "w", type: "i8", dims: dims.w, data: channelsFirst(l.weight).data },
    f32("ws", 1),
    i8("wz", 0),
    f32("ys", 1),
    i8("yz", l.yZeroPoint),
    { name: "b", type: "i32", dims: [oc], data: l.bias.data },
  ];
  const model = convModel({ op: "QLinearConv", inputs: ["x", ...initializers.map((i) => i.name)], initializers, type: "i8", ...shape });
  const session = await ort.InferenceSession.create(model, { executionProviders: ["webgpu", "wasm"], logSeverityLevel: 3 });
  const x = new ort.Tensor("int8", channelsFirst(l.x).data, dims.x);
  return async (repeats) => {
    for (let i = 0; i < repeats; i++) await session.run({ x });
  };
}

export default async function compare(): Promise<Section> {
  const ort = await loadOrt();
  const l = layer(seedShape);
  using backend = await webgpu();
  using int8 = await backend.compile(int8Graph(seedShape, l));
  using f32 = await backend.compile(f32Graph(seedShape, l));
  const t = await timeTogether({
    int8: repeat(int8),
    f32: repeat(f32),
    ortF32: await f32Peer(ort, l),
    ortInt8: await int8Peer(ort, l),
  });
  const row = (name: string, timing: Timing, note = ""): Row => ({
    name,
    value: operations(seedShape) / (timing.median / 1e3) / 1e9,
    unit: "Gop/s",
    timing,
    note,
  });
  const over = (name: string, ours: Timing, theirs: Timing): Row => ({ name, value: theirs.median / ours.median, unit: "x" });
  return {
    where: "Chromium, beside ONNX Runtime Web",
    adapter: backend.name,
    rows: [
      row("int8 conv, dot4", t.int8),
      row("f32 conv, dot4", t.f32),
      row("f32 conv, ONNX Runtime Web", t.ortF32, "WebGPU"),
      row("int8 conv, ONNX Runtime Web", t.ortInt8, "QLinearConv, which it runs on the CPU, one thread"),
      over("int8: dot4 over ONNX Runtime Web", t.int8, t.ortInt8),
      over("f32: dot4 over ONNX Runtime Web", t.f32, t.ortF32),
      over("dot4 int8 over ONNX Runtime Web f32", t.int8, t.ortF32),
    ],
  };
}
