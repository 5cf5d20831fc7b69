/**
 * ONNX Runtime's WebAssembly kernels in Node as the judge of the rounding `float`: random QLinearConv and QLinearMatMul, graph
 * optimizations off, against the integer forms of conv2d and linear on the CPU and the GPU, to the bit. Every configuration is
 * a node of a model with many, and of a graph with as many. DOT4_FUZZ=1: ten times as many; DOT4_SEED: that one alone.
 */
import * as ort from "onnxruntime-web";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { cpu } from "../../src/backend/cpu/index.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { GraphBuilder } from "../../src/graph/index.ts";
import { biasScale, f32 } from "../../src/numerics/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { conv2d } from "../../src/ops/conv2d.ts";
import { linear } from "../../src/ops/linear.ts";
import type { Attrs, OpDef } from "../../src/ops/op.ts";
import { allocate, numel, tensor, type Tensor } from "../../src/tensor/index.ts";
import { channelsFirst, channelsLast, permute } from "../golden-runner/layout.ts";
import { testGpu } from "../support/device.ts";
import { emitLowered, type Byte, type Target } from "../support/lowered.ts";
import { onnxModel, type Initializer, type OnnxNode } from "../support/onnx.ts";

const FUZZ = Number(process.env["DOT4_FUZZ"] ?? 0) > 0 ? 10 : 1;
const only = process.env["DOT4_SEED"] === undefined ? undefined : Number(process.env["DOT4_SEED"]);
/** Configurations a model. */
const BATCH = 25;
const TIMEOUT = 600_000;

/** One layer, in both notations. Tensors are in ONNX's layout. */
interface Config {
  readonly op: OpDef;
  readonly x: Tensor<Byte>;
  readonly w: Tensor<Byte>;
  readonly yDims: readonly number[];
  readonly as: Readonly<Record<"x" | "w" | "y", Target>>;
  readonly bias: Int32Array | undefined;
  readonly attrs: Attrs;
  readonly onnx: Pick<OnnxNode, "op" | "attributes">;
}

/** Random integers of the whole range, or at its ends, where sums are largest. */
function bytes(r: Random, dtype: Byte, dims: readonly number[]): Tensor<Byte> {
  const [low, high] = dtype === "i8" ? [-128, 127] : [0, 255];
  const data = allocate(dtype, numel(dims));
  const kind = r.int(0, 5);
  for (let i = 0; i < data.length; i++) data[i] = kind === 0 ? r.pick([low, high]) : r.int(low, high);
  return tensor(dtype, dims, data);
}

const anyZero = (r: Random, dtype: Byte): number =>
  dtype === "i8" ? r.pick([-128, 0, 127, r.int(-128, 127)]) : r.pick([0, 128, 255, r.int(0, 255)]);

/**
 * Scales that spread sums of `taps` products over the range of y, now and then far beyond it or within a step. Powers of two
 * make ties.
 */
function targets(r: Random, x: Byte, w: Byte, taps: number, channels: number): Config["as"] {
  const ties = r.int(0, 1) === 0;
  const scale = (): number => (ties ? 2 ** r.int(-9, -1) : f32(2 ** r.uniform(-9, -1)));
  const [sx, perChannel] = [scale(), r.int(0, 1) === 0];
  const sw = perChannel ? Array.from({ length: channels }, scale) : scale();
  const spread = sx * (typeof sw === "number" ? sw : Math.max(...sw)) * 60 * Math.sqrt(taps) * 2 ** r.uniform(-3, 6);
  const sy = ties ? 2 ** Math.round(Math.log2(spread)) : f32(spread);
  // ONNX Runtime takes one zero point for all channels of a weight.
  const wZero = r.int(0, 2) === 0 ? anyZero(r, w) : w === "i8" ? 0 : 128;
  return {
    x: { dtype: x, scale: sx, zeroPoint: anyZero(r, x) },
    w: { dtype: w, scale: sw, zeroPoint: wZero },
    y: { dtype: x, scale: sy, zeroPoint: anyZero(r, x) },
  };
}

/** u8 activations go with either weight, i8 ones with i8 (all that ONNX Runtime has kernels for). */
const dtypes = (r: Random): readonly [Byte, Byte] => r.pick([["u8", "u8"] as const, ["u8", "i8"] as const, ["i8", "i8"] as const]);

function randomConv(r: Random): Config {
  const [x, w] = dtypes(r);
  const pair = (low: number, high: number): readonly [number, number] => [r.int(low, high), r.int(low, high)];
  const [kernel, stride, dilation] = [r.pick([pair(1, 1), pair(3, 3), pair(1, 5)]), pair(1, 3), r.pick([pair(1, 1), pair(1, 3)])];
  const groups = r.pick([1, 1, 2, 3, 5, 8]);
  // Depthwise, with and without a multiplier, and groups that straddle words.
  const [icGroup, ocGroup] = r.int(0, 2) === 0 && groups > 1 ? [1, r.pick([1, 1, 2])] : [r.pick([1, 2, 3, 5, 7]), r.pick([1, 2, 3, 5])];
  const channels = groups > 1 ? [icGroup * groups, ocGroup * groups] : [r.pick([1, 3, 4, 17, 33, 131]), r.pick([1, 3, 8, 31])];
  const [ic, oc] = channels as [number, number];
  const extent = kernel.map((k, i) => (k - 1) * dilation[i]! + 1) as [number, number];
  const pads = extent.map((e) => [r.int(0, Math.min(3, e - 1)), r.int(0, Math.min(3, e - 1))] as const);
  const size = extent.map((e, i) => Math.max(1, e - pads[i]![0] - pads[i]![1]) + r.int(0, 6)) as [number, number];
  const n = r.int(1, 2);
  const out = size.map((s, i) => Math.floor((s + pads[i]![0] + pads[i]![1] - extent[i]!) / stride[i]!) + 1) as [number, number];
  const [top, bottom, left, right] = pads.flat() as [number, number, number, number];
  const perGroup = ic / groups;
  const as = targets(r, x, w, perGroup * kernel[0] * kernel[1], oc);
  return {
    op: conv2d,
    x: bytes(r, x, [n, ic, ...size]),
    w: bytes(r, w, [oc, perGroup, ...kernel]),
    yDims: [n, oc, ...out],
    as,
    bias: r.int(0, 3) === 0 ? undefined : Int32Array.from({ length: oc }, () => r.int(-(2 ** r.int(0, 20)), 2 ** 14)),
    attrs: { stride, padding: [top, bottom, left, right], dilation, groups },
    onnx: {
      op: "QLinearConv",
      attributes: { kernel_shape: kernel, strides: stride, dilations: dilation, pads: [top, left, bottom, right], group: groups },
    },
  };
}

function randomMatMul(r: Random): Config {
  const [x, w] = dtypes(r);
  const [rows, inner, columns] = [r.pick([1, 2, 7]), r.pick([1, 3, 8, 33, 257, 1031]), r.pick([1, 2, 5, 31, 64])];
  return {
    op: linear,
    x: bytes(r, x, [rows, inner]),
    w: bytes(r, w, [inner, columns]),
    yDims: [rows, columns],
    as: targets(r, x, w, inner, columns),
    bias: undefined,
    attrs: {},
    onnx: { op: "QLinearMatMul", attributes: {} },
  };
}

/**
 * A convolution whose sums are its biases, chosen so that sum * M falls on a tie or just beside it: whatever bit of M is
 * wrong, or rounded in another order, shows. M is about 2^-15, so that the product as f32 lies a quarter of the time exactly
 * on the half step that it is nearest to.
 */
function randomTies(r: Random): Config {
  const [x, w] = dtypes(r);
  const oc = 64;
  const [sx, sy] = [f32(2 ** r.uniform(-9, -1)), f32(2 ** r.uniform(-9, -1))];
  const sw = Array.from({ length: oc }, () => f32((sy / sx) * 2 ** r.uniform(-16, -14)));
  const [xZero, yZero] = [anyZero(r, x), anyZero(r, x)];
  const bias = Int32Array.from(sw, (s) => Math.round(((r.int(-128, 127) + 0.5) * sy) / (sx * s)) + r.int(-1, 1));
  return {
    op: conv2d,
    x: tensor(x, [1, 1, 1, 1], [xZero]),
    w: bytes(r, w, [oc, 1, 1, 1]),
    yDims: [1, oc, 1, 1],
    as: {
      x: { dtype: x, scale: sx, zeroPoint: xZero },
      w: { dtype: w, scale: sw, zeroPoint: w === "i8" ? 0 : 128 },
      y: { dtype: x, scale: sy, zeroPoint: yZero },
    },
    bias,
    attrs: {},
    onnx: { op: "QLinearConv", attributes: { kernel_shape: [1, 1] } },
  };
}

/** What ONNX Runtime makes of them. */
async function judged(configs: readonly Config[]): Promise<readonly Tensor<Byte>[]> {
  const initializers: Initializer[] = [];
  const give = (i: Omit<Initializer, "data">, data: ArrayBufferView): string => (initializers.push({ ...i, data }), i.name);
  const nodes = configs.map(({ w, as, bias, onnx }, i): OnnxNode => {
    const parameters = (key: "x" | "w" | "y"): readonly string[] => {
      const { dtype, scale, zeroPoint } = as[key];
      const [scales, dims] = typeof scale === "number" ? [[scale], []] : [scale, [scale.length]];
      const zeros = allocate(dtype, scales.length).fill(zeroPoint);
      return [
        give({ name: `${key}Scale${i}`, type: "f32", dims }, Float32Array.from(scales)),
        give({ name: `${key}Zero${i}`, type: dtype, dims }, zeros),
      ];
    };
    const weight = give({ name: `w${i}`, type: w.dtype, dims: w.shape }, w.data);
    const last = bias ? [give({ name: `bias${i}`, type: "i32", dims: [bias.length] }, bias)] : [];
    const inputs = [`x${i}`, ...parameters("x"), weight, ...parameters("w"), ...parameters("y"), ...last];
    return { ...onnx, inputs, outputs: [`y${i}`] };
  });
  const model = onnxModel({
    nodes,
    initializers,
    inputs: configs.map(({ x }, i) => ({ name: `x${i}`, type: x.dtype, dims: x.shape })),
    outputs: configs.map(({ as, yDims }, i) => ({ name: `y${i}`, type: as.y.dtype, dims: yDims })),
  });
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"], graphOptimizationLevel: "disabled" });
  const feeds = configs.map(({ x }, i) => [`x${i}`, new ort.Tensor(x.dtype === "i8" ? "int8" : "uint8", x.data, x.shape)] as const);
  const got = await session.run(Object.fromEntries(feeds));
  await session.release();
  return configs.map(({ as, yDims }, i) => tensor(as.y.dtype, yDims, got[`y${i}`]!.data as Int8Array | Uint8Array));
}

/** What the integer forms of conv2d and linear make of them, in ONNX's layout. */
async function computed(configs: readonly Config[], backend: Backend): Promise<readonly Tensor[]> {
  const b = new GraphBuilder();
  const feeds: Record<string, Tensor> = {};
  configs.forEach(({ op, x, w, as, bias, attrs }, i) => {
    const image = op === conv2d;
    const value = `x${i}`;
    feeds[value] = image ? channelsLast(x) : x;
    b.input(value, { dtype: x.dtype, shape: feeds[value].shape });
    const { scale } = as.w;
    const steps = (c: number): number => biasScale(as.x.scale as number, typeof scale === "number" ? scale : scale[c]!);
    const y = emitLowered(b, op, {
      name: `node${i}`,
      inputs: { x: { value, as: as.x } },
      weight: { tensor: image ? channelsLast(w) : permute(w, [1, 0]), as: as.w },
      // Real values of the integers: the conversion finds these again.
      bias:
        bias &&
        tensor(
          "f32",
          [bias.length],
          Float32Array.from(bias, (q, c) => q * steps(c)),
        ),
      y: as.y,
      attrs,
      rounding: "float",
    });
    b.output(`y${i}`, y);
  });
  using run = await backend.compile(b.build());
  const got = await run(feeds);
  return configs.map(({ op }, i) => (op === conv2d ? channelsFirst(got[`y${i}`]!) : got[`y${i}`]!));
}

let backends: readonly Backend[];
beforeAll(async () => {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  backends = [cpu(), await webgpu({ gpu: await testGpu() })];
});
afterAll(() => backends.forEach((b) => b.dispose()));

describe.each([
  ["QLinearConv", randomConv, 500],
  ["QLinearConv at ties", randomTies, 50],
  ["QLinearMatMul", randomMatMul, 200],
] as const)("ONNX Runtime's %s", (_, random, everyday) => {
  const seeds = only === undefined ? Array.from({ length: everyday * FUZZ }, (_, seed) => seed) : [only];
  it(
    `${seeds.length} random configurations: no byte differs`,
    async () => {
      let [compared, inside] = [0, 0];
      for (let at = 0; at < seeds.length; at += BATCH) {
        const batch = seeds.slice(at, at + BATCH);
        const configs = batch.map((seed) => random(new Random(seed, 5)));
        const want = await judged(configs);
        for (const backend of backends) {
          const got = await computed(configs, backend);
          want.forEach((t, i) => {
            const first = t.data.findIndex((q, k) => q !== got[i]!.data[k]);
            if (first >= 0 || got[i]!.data.length !== t.data.length) {
              const { x, w, as, attrs } = configs[i]!;
              const about = JSON.stringify({ x: x.shape, w: w.shape, as, attrs });
              throw new Error(
                `DOT4_SEED=${batch[i]} on ${backend.kind}: [${first}] is ${got[i]!.data[first]}, not ${t.data[first]}; ${about}`,
              );
            }
          });
        }
        compared += want.reduce((sum, t) => sum + t.data.length, 0);
        inside += want.reduce(
          (sum, t, i) => sum + t.data.filter((q) => q > fullLow(configs[i]!) && q < fullLow(configs[i]!) + 255).length,
          0,
        );
      }
      // The comparison would be empty if everything saturated.
      if (only === undefined) expect(inside / compared).toBeGreaterThan(0.4);
    },
    TIMEOUT,
  );
});

const fullLow = ({ as }: Config): number => (as.y.dtype === "i8" ? -128 : 0);
