/**
 * Ops beside the dense convolution: depthwise in int8 against f32 of the same shape, and what batch norm, pools and sums move
 * in a second against a plain copy of as many bytes, by turns.
 */
import type { Compiled } from "../../src/backend/backend.ts";
import type { WebGpuBackend } from "../../src/backend/webgpu/index.ts";
import { GraphBuilder, type Graph } from "../../src/graph/index.ts";
import { Random } from "../../src/numerics/index.ts";
import { ops, type Attrs, type OpName } from "../../src/ops/index.ts";
import { scalar, storageBytes, tensor, zeros, type DType, type Tensor } from "../../src/tensor/index.ts";
import { emitLowered, type Target } from "../support/lowered.ts";
import { repeat } from "./conv.ts";
import { Bench } from "./kernels.ts";
import { timeTogether } from "./measure.ts";
import type { Row } from "./rows.ts";
import copy from "./shaders/copy.wgsl";

/** Half of what a copy of as many bytes reaches. */
const BANDWIDTH_BAR = 0.5;

/** Images [n, 28, 28, 64]: 6.4 MB in f32 on a software adapter, more where that would be nothing. */
const imagesOf = (software: boolean): readonly number[] => [software ? 32 : 512, 28, 28, 64];

function filled(dtype: "f32" | "i8", shape: readonly number[], seed: number): Tensor {
  const random = new Random(seed);
  const t = zeros(dtype, shape);
  for (let i = 0; i < t.data.length; i++) t.data[i] = dtype === "i8" ? random.int(-127, 127) : random.normal();
  return t;
}

/** Inputs are states, so that a run uploads nothing; `done` is a small one to wait for. */
function started(inputs: Readonly<Record<string, Tensor>>): GraphBuilder {
  const b = new GraphBuilder();
  for (const [name, t] of Object.entries(inputs)) b.state(name, "buffer", t);
  b.state("done", "buffer", scalar("i32", 0));
  return b;
}

const as = (scale: number, zeroPoint = 3): Target => ({ dtype: "i8", scale, zeroPoint });

/** Rows for depthwise 3 x 3, batch 1, in operations a second. */
async function depthwiseRows(backend: WebGpuBackend): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [size, c] of [
    [28, 64],
    [14, 384],
  ] as const) {
    const attrs: Attrs = { stride: [1, 1], padding: [1, 1, 1, 1], groups: c };
    const weight = filled("i8", [c, 3, 3, 1], 2) as Tensor<"i8">;
    const bias = filled("f32", [c], 3) as Tensor<"f32">;
    const q = started({ x: filled("i8", [1, size, size, c], 1) });
    const node = { name: "conv", inputs: { x: { value: "x", as: as(0.02) } }, weight: { tensor: weight, as: as(0.01, 0) }, bias };
    q.output("y", emitLowered(q, ops.conv2d, { ...node, y: as(0.05, -5), attrs, rounding: "singleHalfUp" }));
    const f = started({ x: filled("f32", [1, size, size, c], 1) });
    const inputs = { x: "x", weight: f.constant(tensor("f32", weight.shape, Float32Array.from(weight.data))), bias: f.constant(bias) };
    f.output("y", f.emit(ops.conv2d, inputs, attrs).y!);
    using int8 = await backend.compile(q.build());
    using f32 = await backend.compile(f.build());
    const t = await timeTogether({ int8: repeat(int8), f32: repeat(f32) });
    const name = `depthwise ${size}x${size}x${c} 3x3 batch 1`;
    const rate = (ms: number): number => (2 * 9 * size * size * c) / (ms / 1e3) / 1e9;
    rows.push(
      { name: `int8 ${name}`, value: rate(t.int8.median), unit: "Gop/s", timing: t.int8 },
      { name: `f32 ${name}`, value: rate(t.f32.median), unit: "Gop/s", timing: t.f32 },
      { name: `int8 over f32 ${name}`, value: t.f32.median / t.int8.median, unit: "x", bar: { atLeast: 1 } },
    );
  }
  return rows;
}

interface Mover {
  readonly name: string;
  readonly graph: Graph;
  /** Values that are read, each time they are, and written. */
  readonly moved: readonly string[];
  readonly bar: number;
}

function movers(shape: readonly number[]): readonly Mover[] {
  const c = shape.at(-1)!;
  const pool = { kernel: [2, 2], stride: [2, 2] };
  /** Windows that overlap, as a residual net's first pool has them. */
  const overlapping = { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] };
  const float = (name: string, op: OpName, attrs: Attrs, more: Readonly<Record<string, Tensor>> = {}, reads = 1): Mover => {
    const first: Readonly<Record<string, Tensor>> =
      op === "add" ? { a: filled("f32", shape, 1), b: filled("f32", shape, 2) } : { x: filled("f32", shape, 1) };
    const b = started({ ...first, ...more });
    const names = [...Object.keys(first), ...Object.keys(more)];
    const y = b.emit(ops[op], Object.fromEntries(names.map((n) => [n, n])), attrs).y!;
    b.output("y", y);
    return {
      name: `f32 ${name}`,
      graph: b.build(),
      moved: [...Array<string[]>(reads).fill(Object.keys(first)).flat(), y],
      bar: BANDWIDTH_BAR,
    };
  };
  const integer = (name: string, op: "add" | "maxPool2d" | "avgPool2d" | "globalAvgPool2d", attrs: Attrs, scale = 0.0317): Mover => {
    const keys = op === "add" ? ["a", "b"] : ["x"];
    const b = started(Object.fromEntries(keys.map((key, i) => [key, filled("i8", shape, i)])));
    const inputs = Object.fromEntries(keys.map((key) => [key, { value: key, as: as(0.02) }]));
    const y = emitLowered(b, ops[op], {
      name: "node",
      inputs,
      y: op === "maxPool2d" ? undefined : as(scale),
      attrs,
      rounding: "singleHalfUp",
    });
    b.output("y", y);
    return { name: `int8 ${name}`, graph: b.build(), moved: [...keys, y], bar: BANDWIDTH_BAR };
  };
  const ofOnes = tensor("f32", [c], new Float32Array(c).fill(1));
  const statistics = { runningMean: zeros("f32", [c]), runningVar: ofOnes, weight: ofOnes, bias: zeros("f32", [c]) };
  return [
    float("batch norm, stored statistics", "batchNorm2d", { training: false }, statistics),
    float("batch norm, training (x is read twice)", "batchNorm2d", { training: true }, statistics, 2),
    float("max pool 2x2", "maxPool2d", pool),
    float("average pool 2x2", "avgPool2d", pool),
    float("max pool 3x3 stride 2", "maxPool2d", overlapping),
    float("average pool 3x3 stride 2", "avgPool2d", overlapping),
    float("global average pool", "globalAvgPool2d", {}),
    float("add", "add", {}),
    integer("max pool 2x2", "maxPool2d", pool),
    integer("average pool 2x2", "avgPool2d", pool),
    // Every other quarter of a sum is a tie here.
    integer("average pool 2x2, one scale", "avgPool2d", pool, 0.02),
    integer("max pool 3x3 stride 2", "maxPool2d", overlapping),
    integer("average pool 3x3 stride 2", "avgPool2d", overlapping),
    integer("global average pool", "globalAvgPool2d", {}),
    integer("add", "add", {}),
    integer("add, one scale", "add", {}, 0.02),
  ];
}

const bytesOf = ({ types }: Graph, v: string): number => storageBytes(types.get(v) as { dtype: DType; shape: readonly number[] });

async function moverRow(backend: WebGpuBackend, bench: Bench, m: Mover): Promise<Row> {
  const bytes = m.moved.reduce((sum, v) => sum + bytesOf(m.graph, v), 0);
  const count = Math.floor(bytes / 32);
  const threads = 65_536;
  const copying = await bench.kernel(
    { shader: copy, params: { count, stride: threads }, workgroups: [threads / 256, 1, 1] },
    { x: bench.buffer(count * 16), y: bench.buffer(count * 16) },
  );
  using run: Compiled = await backend.compile(m.graph);
  const t = await timeTogether({ op: repeat(run), copying });
  const rate = (ms: number): number => bytes / (ms / 1e3) / 1e9;
  return {
    name: `${m.name}: bandwidth over a copy's`,
    value: t.copying.median / t.op.median,
    unit: "x",
    timing: t.op,
    bar: { atLeast: m.bar },
    note: `${rate(t.op.median).toFixed(2)} GB/s, copy of as much ${rate(t.copying.median).toFixed(2)} GB/s`,
  };
}

export async function breadthRows(backend: WebGpuBackend, device: GPUDevice): Promise<readonly Row[]> {
  const rows = [...(await depthwiseRows(backend))];
  const bench = new Bench(device, backend.info);
  try {
    for (const m of movers(imagesOf(backend.info.software))) rows.push(await moverRow(backend, bench, m));
  } finally {
    bench.dispose();
  }
  return rows;
}
