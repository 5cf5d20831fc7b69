/** Topic quantized_ops: PyTorch's quantized ops. Activations are u8. */
import { biasScale, quantizeBias } from "../../../src/numerics/index.ts";
import type { Attrs } from "../../../src/ops/index.ts";
import { numel, tensor, zeros, type Tensor } from "../../../src/tensor/index.ts";
import { emit, evaluate, f32s, i32s, type Adapter, type Adapters, type Results } from "../evaluate.ts";
import {
  absent,
  boolean,
  nullable,
  number,
  numbers,
  oneOf,
  optional,
  pair,
  readAttrs,
  readInputs,
  Refused,
  tensorOf,
  type GoldenCase,
  type Parsed,
  type Parsers,
} from "../golden-case.ts";
import { accumulators, runLayer, runLowered, type Layer } from "../integer-ops.ts";
import { bothSides, channelsFirst, channelsLast } from "../layout.ts";
import type { Aids } from "../tolerance.ts";

/** The golden real values before rounding, where the case has them. */
const withExactPre = (c: GoldenCase): Pick<Results, "aids" | "aidRoles"> =>
  c.outputs.has("exact_pre") ? { aids: { exactPre: tensorOf(c, c.outputs.get("exact_pre")!) }, aidRoles: ["exact_pre"] } : {};

const scales = (perTensor: number | undefined, perChannel: Tensor<"f32"> | undefined): ArrayLike<number> => {
  if (perChannel) return perChannel.data;
  if (perTensor === undefined) throw new Refused("a weight without a scale is not offered");
  return [perTensor];
};

/**
 * The real values that y_exact_qbias rounds: (acc + bias_q) * M + z. exact_pre holds those of y_exact, with the bias in
 * float, which for a large M are far from these.
 */
function preWithIntegerBias(c: GoldenCase, multiplier: (channel: number) => number, yZeroPoint: number): Aids {
  const [acc, bias] = ["acc", "bias_q"].map((role) => tensorOf(c, c.outputs.get(role) ?? role)) as [Tensor, Tensor];
  const inner = numel(acc.shape.slice(2));
  const pre = Float32Array.from(acc.data, (a, i) => {
    const channel = Math.floor(i / inner) % bias.data.length;
    return (a + bias.data[channel]!) * multiplier(channel) + yZeroPoint;
  });
  return { exactPre: tensor("f32", acc.shape, pre) };
}

const layerAttrs = {
  x_scale: number,
  x_zero_point: number,
  y_scale: number,
  y_zero_point: number,
  per_channel: boolean,
  relu: boolean,
  w_scale: optional<number | undefined>(number, undefined),
  w_zero_point: optional(number, 0),
} as const;
const windowAttrs = { stride: pair, padding: pair, dilation: pair, groups: number } as const;
const noWindow = { stride: absent, padding: absent, dilation: absent, groups: absent } as const;

/**
 * fbgemm's tensors are those of rounding floatBias, qnnpack's those of rounding float; y_exact and y_exact_qbias are exact
 * results, near which every rounding must be: the float bias by floatBias, the integer bias by the rest.
 */
function layer(op: "qconv2d" | "qlinear"): Adapter {
  return async (c, backend): Promise<Results> => {
    const a = readAttrs(c, { ...layerAttrs, ...(op === "qconv2d" ? windowAttrs : noWindow) });
    const inputs = readInputs(c, { x: "u8", w: "i8", "bias?": "f32", "w_scale?": "f32" });
    const weightScale = scales(a.w_scale, inputs.w_scale);
    const channels = inputs.w.shape[0]!;
    const bias =
      inputs.bias && quantizeBias(inputs.bias, a.x_scale, tensor("f32", [weightScale.length], Float32Array.from(weightScale)), c.name);
    const scaleOf = (channel: number): number => weightScale[weightScale.length === 1 ? 0 : channel]!;
    const floatBias = Float32Array.from({ length: channels }, (_, o) => (inputs.bias?.data[o] ?? 0) / biasScale(a.x_scale, scaleOf(o)));
    const image = op === "qconv2d";
    const integer = { bias: bias ?? zeros("i32", [channels]) };
    const l: Layer = {
      op,
      x: { q: image ? channelsLast(inputs.x) : inputs.x, scale: a.x_scale, zeroPoint: a.x_zero_point },
      weight: image ? channelsLast(inputs.w) : inputs.w,
      weightScale,
      weightZeroPoint: a.w_zero_point,
      y: { dtype: "u8", scale: a.y_scale, zeroPoint: a.y_zero_point },
      groups: a.groups ?? 1,
      attrs: {
        ...(a.stride && a.padding && a.dilation ? { stride: a.stride, padding: bothSides(a.padding), dilation: a.dilation } : {}),
        activation: a.relu ? "relu" : "none",
      },
    };
    const got = await runLayer(backend, l, {
      y_fbgemm: { rounding: "floatBias", bias: tensor("f32", [channels], floatBias) },
      y_qnnpack: { rounding: "float", ...integer },
      [bias ? "y_exact_qbias" : "y_exact"]: { rounding: "singleHalfUp", ...integer },
    });
    // Without the bias: each engine adds its own form of it.
    const all = { ...got, acc: await accumulators(backend, l) };
    const outputs = Object.fromEntries(Object.entries(all).map(([role, y]) => [role, image ? channelsFirst(y) : y]));
    if (!bias) return { outputs, ...withExactPre(c) };
    const multiplier = (channel: number): number => (a.x_scale * scaleOf(channel)) / a.y_scale;
    return {
      outputs: { ...outputs, y_exact: outputs["y_fbgemm"]!, bias_q: bias },
      ...withExactPre(c),
      aidsOf: { y_exact_qbias: preWithIntegerBias(c, multiplier, a.y_zero_point) },
    };
  };
}

/** The roles whose tensors hold one and the same integer function: every engine's and the exact one. */
const everyEngine = (y: Tensor): Results["outputs"] => ({ y_exact: y, y_fbgemm: y, y_qnnpack: y });

/** PyTorch rounds half to even what it computes in f32: the rounding float is nearest to all its engines. */
const rounding = "float";

const kept = { scale: number, zero_point: number } as const;

/** An op of one input whose output keeps its scale and zero point; images unless `layout` says otherwise. */
const keeping =
  <const S extends Parsers>(name: string, spec: S, attrs: (parsed: Parsed<S>) => Attrs, layout: "image" | "any" = "image"): Adapter =>
  async (c, backend) => {
    const a = readAttrs(c, { ...spec, ...kept });
    const { scale, zero_point: zeroPoint } = a as Parsed<typeof kept>;
    const { x } = readInputs(c, { x: "u8" });
    const image = layout === "image";
    const stored = { q: image ? channelsLast(x) : x, scale, zeroPoint };
    const y = await runLowered(backend, name, { x: stored }, { dtype: "u8", scale, zeroPoint }, attrs(a as Parsed<S>), rounding);
    return { outputs: everyEngine(image ? channelsFirst(y) : y), ...withExactPre(c) };
  };

const windows = { kernel: pair, stride: pair, padding: pair, ceil_mode: boolean } as const;

/** Two inputs and an output, each with parameters of its own. */
const binary =
  (name: string): Adapter =>
  async (c, backend) => {
    const r = readAttrs(c, {
      a_scale: number,
      a_zero_point: number,
      b_scale: number,
      b_zero_point: number,
      y_scale: number,
      y_zero_point: number,
      relu: boolean,
    });
    const q = readInputs(c, { a: "u8", b: "u8" });
    const inputs = {
      a: { q: q.a, scale: r.a_scale, zeroPoint: r.a_zero_point },
      b: { q: q.b, scale: r.b_scale, zeroPoint: r.b_zero_point },
    };
    const y = { dtype: "u8", scale: r.y_scale, zeroPoint: r.y_zero_point } as const;
    const attrs = { activation: r.relu ? "relu" : "none" };
    return { outputs: everyEngine(await runLowered(backend, name, inputs, y, attrs, rounding)), ...withExactPre(c) };
  };

const cat: Adapter = async (c, backend) => {
  const r = readAttrs(c, { dim: number, scales: numbers, zero_points: numbers, y_scale: number, y_zero_point: number });
  const { x } = readInputs(c, { "x#0": "u8" });
  const inputs = Object.fromEntries(x.map((q, i) => [`x${i}`, { q, scale: r.scales[i]!, zeroPoint: r.zero_points[i]! }]));
  const y = { dtype: "u8", scale: r.y_scale, zeroPoint: r.y_zero_point } as const;
  return { outputs: everyEngine(await runLowered(backend, "concat", inputs, y, { axis: r.dim }, rounding)), ...withExactPre(c) };
};

/** A function of one value with an output range of its own. */
const byTable =
  (name: string): Adapter =>
  async (c, backend) => {
    const r = readAttrs(c, {
      x_scale: number,
      x_zero_point: number,
      y_scale: number,
      y_zero_point: number,
      negative_slope: name === "leakyRelu" ? number : absent,
    });
    const { x } = readInputs(c, { x: "u8" });
    const stored = { q: x, scale: r.x_scale, zeroPoint: r.x_zero_point };
    const y = { dtype: "u8", scale: r.y_scale, zeroPoint: r.y_zero_point } as const;
    const attrs: Attrs = r.negative_slope === undefined ? {} : { negativeSlope: r.negative_slope };
    return { outputs: everyEngine(await runLowered(backend, name, { x: stored }, y, attrs, rounding)), ...withExactPre(c) };
  };

/** PyTorch's quint8, qint8 and qint32; the data of the last stays within 2^30. */
const containers = {
  quint8: { dtype: "u8", quantMin: 0, quantMax: 255 },
  qint8: { dtype: "i8", quantMin: -128, quantMax: 127 },
  qint32: { dtype: "i32", quantMin: -(2 ** 30), quantMax: 2 ** 30 - 1 },
} as const;
const eightBits = oneOf("quint8", "qint8");
const fused = "PyTorch's rule rint(fma(x, 1 / s, z)), of one rounding before rint, is not offered by the arithmetic contract";

/**
 * x -> q by the rule y_round_first, and the golden q back to real values. Where PyTorch computes without FMA, y is
 * clamp(rint(f32(f32(x * f32(1 / s)) + z))): ops of their own for the product and the sum, then whole steps of 1.
 */
async function quantized(
  c: GoldenCase,
  backend: Parameters<Adapter>[1],
  qparams: { scale: Tensor; zeroPoint: Tensor },
  x: Tensor,
  dtype: keyof typeof containers,
  axis: number | null,
  withFma: boolean,
): Promise<Results> {
  const container = containers[dtype];
  const q = tensorOf(c, c.outputs.get("y")!);
  if (q.dtype !== container.dtype) throw new Refused(`y of a ${dtype} as ${q.dtype} is not offered`);
  // One value, or one for each index along the axis, against x.
  const along = (data: Float32Array): Tensor<"f32"> =>
    tensor("f32", axis === null ? [1] : [data.length, ...x.shape.slice(axis + 1).map(() => 1)], data);
  const { first, back, after } = await evaluate(backend, { x, q, ...qparams }, (b) => {
    const attrs = { ...container, rounding: "reciprocal" } as const;
    const product = emit(b, "mul", { a: "x", b: b.constant(along(Float32Array.from(qparams.scale.data, (s) => 1 / s)), "inverse") }).y!;
    const sum = emit(b, "add", { a: product, b: b.constant(along(Float32Array.from(qparams.zeroPoint.data)), "offset") }).y!;
    const units = { scale: b.constant(f32s(1), "unit"), zeroPoint: b.constant(i32s(0), "zero") };
    return {
      first: emit(b, "quantize", { x: "x", scale: "scale", zeroPoint: "zeroPoint" }, { ...attrs, axis }).y!,
      back: emit(b, "dequantize", { x: "q", scale: "scale", zeroPoint: "zeroPoint" }, { axis }).y!,
      after: emit(b, "quantize", { x: sum, ...units }, { ...attrs, axis: null }).y!,
    };
  });
  const outputs = { y_round_first: first!, dequantized: back! };
  return withFma ? { outputs, refused: { y: fused } } : { outputs: { ...outputs, y: after! } };
}

const quantizePerTensor: Adapter = (c, backend) => {
  const a = readAttrs(c, { scale: number, zero_point: number, dtype: oneOf("quint8", "qint8", "qint32") });
  const { x } = readInputs(c, { x: "f32" });
  return quantized(c, backend, { scale: f32s(a.scale), zeroPoint: i32s(a.zero_point) }, x, a.dtype, null, a.dtype !== "qint32");
};

const quantizePerChannel: Adapter = (c, backend) => {
  const a = readAttrs(c, { axis: number, dtype: eightBits });
  const { x, scale, zero_point: zeroPoint } = readInputs(c, { x: "f32", scale: "f32", zero_point: "i32" });
  return quantized(c, backend, { scale, zeroPoint }, x, a.dtype, a.axis, false);
};

/** PyTorch's requantize goes through real numbers, in f32: dequantize, then quantize. */
const requantize: Adapter = async (c, backend) => {
  const a = readAttrs(c, {
    x_scale: number,
    x_zero_point: number,
    y_scale: number,
    y_zero_point: number,
    from_dtype: eightBits,
    to_dtype: eightBits,
  });
  const { x } = readInputs(c, { x: containers[a.from_dtype].dtype });
  const inputs = {
    x,
    xScale: f32s(a.x_scale),
    xZeroPoint: i32s(a.x_zero_point),
    yScale: f32s(a.y_scale),
    yZeroPoint: i32s(a.y_zero_point),
  };
  const { y } = await evaluate(backend, inputs, (b) => {
    const { y: real } = emit(b, "dequantize", { x: "x", scale: "xScale", zeroPoint: "xZeroPoint" }, { axis: null });
    return {
      y: emit(
        b,
        "quantize",
        { x: real, scale: "yScale", zeroPoint: "yZeroPoint" },
        { ...containers[a.to_dtype], axis: null, rounding: "reciprocal" },
      ).y!,
    };
  });
  return { outputs: { y_round_first: y! }, refused: { y: fused }, ...withExactPre(c) };
};

export const quantizedOps: Adapters = new Map<string, Adapter>([
  ["qconv2d", layer("qconv2d")],
  ["qconv2d_relu", layer("qconv2d")],
  ["qlinear", layer("qlinear")],
  ["qlinear_relu", layer("qlinear")],
  ["relu", keeping("relu", {}, () => ({}), "any")],
  ["relu6", keeping("relu6", {}, () => ({}), "any")],
  ["clamp", keeping("clamp", { min: number, max: number }, (a) => a, "any")],
  ["hardtanh", keeping("clamp", { min: number, max: number }, (a) => a, "any")],
  [
    "max_pool2d",
    keeping("maxPool2d", { ...windows, dilation: pair }, ({ kernel, stride, padding, dilation, ceil_mode: ceilMode }) => ({
      kernel,
      stride,
      padding: bothSides(padding),
      dilation,
      ceilMode,
    })),
  ],
  [
    "avg_pool2d",
    keeping("avgPool2d", { ...windows, count_include_pad: boolean, divisor_override: nullable(number) }, (a) => ({
      kernel: a.kernel,
      stride: a.stride,
      padding: bothSides(a.padding),
      ceilMode: a.ceil_mode,
      countIncludePad: a.count_include_pad,
      divisorOverride: a.divisor_override,
    })),
  ],
  ["adaptive_avg_pool2d", keeping("adaptiveAvgPool2d", { output: pair }, ({ output }) => ({ outputSize: output }))],
  ["quantized.add", binary("add")],
  ["quantized.add_relu", binary("add")],
  ["quantized.mul", binary("mul")],
  ["quantized.mul_relu", binary("mul")],
  ["quantized.cat", cat],
  ["quantized.hardswish", byTable("hardSwish")],
  ["quantized.sigmoid", byTable("sigmoid")],
  ["quantized.leaky_relu", byTable("leakyRelu")],
  ["upsample_nearest2d_x2", keeping("upsampleNearest2d", {}, () => ({ scale: [2, 2] }))],
  ["quantize_per_tensor", quantizePerTensor],
  ["quantize_per_channel", quantizePerChannel],
  ["requantize", requantize],
]);
