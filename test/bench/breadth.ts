/**
 * Ops beside the dense convolution: depthwise in int8 against f32 of the same shape, and what batch norm, pools and sums move
 * in a second against a plain copy of as many bytes, by turns.
 */
import type { Compiled } from "../../src/backend/backend.ts";
import type { WebGpuBackend } from "../../src/backend/webgpu/index.ts";
import { GraphBuilder, type Graph } from "../../src/graph/index.ts";
import { Random } from "../../src/numerics/index.ts";
import { ops, type Attrs, type OpName, type Rounding } from "../../src/ops/index.ts";
import { maxPool2dDefaults, type MaxPool2dAttrs } from "../../src/ops/pool.ts";
import { scalar, sizes, storageBytes, tensor, zeros, type DType, type Tensor } from "../../src/tensor/index.ts";
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

/** Windows that overlap: as a residual net's first pool has them, and one at every pixel, as in inception blocks. */
const windows = {
  "2x2": { kernel: [2, 2], stride: [2, 2] },
  "3x3 stride 2": { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] },
  "3x3 stride 1": { kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1] },
};

function floatMover(name: string, op: OpName, inputs: Readonly<Record<string, Tensor>>, attrs: Attrs = {}, reads = ["x"]): Mover {
  const b = started(inputs);
  const y = b.emit(ops[op], Object.fromEntries(Object.keys(inputs).map((key) => [key, key])), attrs);
  const made = Object.values(y).filter((v) => v !== undefined);
  made.forEach((v, i) => b.output(`y${i}`, v));
  return { name: `f32 ${name}`, graph: b.build(), moved: [...reads, ...made], bar: BANDWIDTH_BAR };
}

interface IntegerMover {
  readonly scale?: number;
  readonly rounding?: Rounding;
  readonly attrs?: Attrs;
}

type Pooling = "maxPool2d" | "avgPool2d" | "globalAvgPool2d";

function integerMover(name: string, op: "add" | Pooling, inputs: Readonly<Record<string, Tensor>>, more: IntegerMover = {}): Mover {
  const { scale = 0.0317, rounding = "singleHalfUp", attrs = {} } = more;
  const b = started(inputs);
  const y = emitLowered(b, ops[op], {
    name: "node",
    inputs: Object.fromEntries(Object.keys(inputs).map((key) => [key, { value: key, as: as(0.02) }])),
    y: op === "maxPool2d" ? undefined : as(scale),
    attrs,
    rounding,
  });
  b.output("y", y);
  return { name: `int8 ${name}`, graph: b.build(), moved: [...Object.keys(inputs), y], bar: BANDWIDTH_BAR };
}

function movers(shape: readonly number[]): readonly Mover[] {
  const [n, , , c] = shape as [number, number, number, number];
  const ofOnes = tensor("f32", [c], new Float32Array(c).fill(1));
  const statistics = { runningMean: zeros("f32", [c]), runningVar: ofOnes, weight: ofOnes, bias: zeros("f32", [c]) };
  const x = filled("f32", shape, 1);
  const q = filled("i8", shape, 1);
  const pools = (["max", "average"] as const).flatMap((kind) =>
    Object.entries(windows).flatMap(([size, attrs]): readonly Mover[] => {
      const op = kind === "max" ? "maxPool2d" : "avgPool2d";
      const dy = filled("f32", sizes(ops[op].infer({ x }, { ...ops[op].defaults, ...attrs } as never, op).y!.shape), 2);
      const name = `${kind} pool ${size}`;
      const inputSize = shape.slice(1, 3);
      const rows = [floatMover(name, op, { x }, attrs), integerMover(name, op, { x: q }, { attrs })];
      if (kind === "average")
        return [...rows, floatMover(`${name}, gradient`, "avgPool2dBackward", { dy }, { ...attrs, inputSize }, ["dy"])];
      const all = { ...maxPool2dDefaults, ...attrs } as MaxPool2dAttrs;
      if (!ops.maxPool2d.keeping!(all))
        return [...rows, floatMover(`${name}, gradient`, "maxPool2dBackward", { dy, x }, attrs, ["dy", "x"])];
      const winners = ops.maxPool2dWinners.reference({ x }, all).winners!;
      return [
        ...rows,
        floatMover(`${name}, training`, "maxPool2dWinners", { x }, attrs),
        floatMover(`${name}, gradient`, "maxPool2dWinnersBackward", { dy, winners }, { ...attrs, inputSize }, ["dy", "winners"]),
      ];
    }),
  );
  const b = filled("i8", shape, 2);
  const [perChannel, perImage] = [filled("i8", [c], 3), filled("i8", [n, 1, 1, c], 3)];
  return [
    floatMover("batch norm, stored statistics", "batchNorm2d", { x, ...statistics }, { training: false }),
    floatMover("batch norm, training (x is read twice)", "batchNorm2d", { x, ...statistics }, { training: true }, ["x", "x"]),
    ...pools,
    // Every other quarter of a sum is a tie here.
    integerMover("average pool 2x2, one scale", "avgPool2d", { x: q }, { attrs: windows["2x2"], scale: 0.02 }),
    floatMover("global average pool", "globalAvgPool2d", { x }),
    integerMover("global average pool", "globalAvgPool2d", { x: q }),
    floatMover("add", "add", { a: x, b: filled("f32", shape, 2) }, {}, ["a", "b"]),
    floatMover("add, a value per channel", "add", { a: x, b: filled("f32", [c], 2) }, {}, ["a", "b"]),
    integerMover("add", "add", { a: q, b }),
    integerMover("add, one scale", "add", { a: q, b }, { scale: 0.02 }),
    integerMover("add, rounding of ONNX Runtime", "add", { a: q, b }, { rounding: "float" }),
    integerMover("add, a value per channel", "add", { a: q, b: perChannel }),
    integerMover("add, a value per image and channel", "add", { a: q, b: perImage }),
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
