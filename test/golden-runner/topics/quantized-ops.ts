/**
 * Topic quantized_ops: PyTorch's quantized ops. Its activations are u8; the integer ops take i8, so they run on
 * q XOR 0x80 with zero point z - 128, which is the same arithmetic.
 */
import { quantizeBias } from "../../../src/numerics/index.ts";
import type { Attrs } from "../../../src/ops/index.ts";
import { numel, tensor, zeros, type Tensor } from "../../../src/tensor/index.ts";
import { emit, evaluate, f32s, i32s, type Adapter, type Adapters, type Results } from "../evaluate.ts";
import {
  absent,
  boolean,
  number,
  oneOf,
  only,
  optional,
  pair,
  readAttrs,
  readInputs,
  Refused,
  tensorOf,
  type GoldenCase,
} from "../golden-case.ts";
import { runAdd, runLayer } from "../integer-ops.ts";
import { channelsFirst, channelsLast, toSigned, toUnsigned } from "../layout.ts";
import type { Aids } from "../tolerance.ts";

const noAccumulator = "the accumulator is not an output of the op";
const floatBias = "rounding floatBias (fbgemm, the bias kept in float) is not offered";
const qnnpack = "rounding float (qnnpack) is not offered";

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

/** PyTorch's symmetric padding as [top, bottom, left, right]. */
const bothSides = ([h, w]: readonly [number, number]): readonly number[] => [h, h, w, w];

const layerAttrs = {
  x_scale: number,
  x_zero_point: number,
  y_scale: number,
  y_zero_point: number,
  per_channel: boolean,
  relu: boolean,
  w_scale: optional<number | undefined>(number, undefined),
  w_zero_point: optional(only(0), undefined),
} as const;
const windowAttrs = { stride: pair, padding: pair, dilation: only([1, 1]), groups: only(1) } as const;
const noWindow = { stride: absent, padding: absent } as const;

function layer(op: "qconv2d" | "qlinear"): Adapter {
  return async (c, backend): Promise<Results> => {
    const a = readAttrs(c, { ...layerAttrs, ...(op === "qconv2d" ? windowAttrs : noWindow) });
    const inputs = readInputs(c, { x: "u8", w: "i8", "bias?": "f32", "w_scale?": "f32" });
    const weightScale = scales(a.w_scale, inputs.w_scale);
    const channels = inputs.w.shape[0]!;
    const bias =
      inputs.bias && quantizeBias(inputs.bias, a.x_scale, tensor("f32", [weightScale.length], Float32Array.from(weightScale)), c.name);
    const image = op === "qconv2d";
    const window: Attrs = a.stride && a.padding ? { stride: a.stride, padding: bothSides(a.padding) } : {};
    const x = toSigned(inputs.x);
    const y = await runLayer(backend, {
      op,
      x: image ? channelsLast(x) : x,
      weight: image ? channelsLast(inputs.w) : inputs.w,
      bias: bias ?? zeros("i32", [channels]),
      xScale: a.x_scale,
      xZeroPoint: a.x_zero_point - 128,
      weightScale,
      yScale: a.y_scale,
      yZeroPoint: a.y_zero_point - 128,
      attrs: { ...window, activation: a.relu ? "relu" : "none", rounding: "singleHalfUp" },
    });
    const refused = { acc: noAccumulator, y_fbgemm: floatBias, y_qnnpack: qnnpack };
    const unsigned = toUnsigned(image ? channelsFirst(y) : y);
    if (!bias) return { outputs: { y_exact: unsigned }, refused, ...withExactPre(c) };
    const multiplier = (channel: number): number => (a.x_scale * weightScale[weightScale.length === 1 ? 0 : channel]!) / a.y_scale;
    return {
      outputs: { y_exact_qbias: unsigned, bias_q: bias },
      refused: { ...refused, y_exact: floatBias },
      ...withExactPre(c),
      aidsOf: { y_exact_qbias: preWithIntegerBias(c, multiplier, a.y_zero_point) },
    };
  };
}

/** The roles whose tensors hold one and the same integer function: every engine's and the exact one. */
const everyEngine = (y: Tensor): Results["outputs"] => ({ y_exact: y, y_fbgemm: y, y_qnnpack: y });

const relu: Adapter = async (c, backend) => {
  const a = readAttrs(c, { scale: number, zero_point: number });
  const { x } = readInputs(c, { x: "u8" });
  const inputs = { x: toSigned(x), zeroPoint: i32s(a.zero_point - 128) };
  const { y } = await evaluate(backend, inputs, (b) => ({ y: emit(b, "qrelu", { x: "x", zeroPoint: "zeroPoint" }).y! }));
  return { outputs: everyEngine(toUnsigned(y as Tensor<"i8">)) };
};

const maxPool2d: Adapter = async (c, backend) => {
  const a = readAttrs(c, {
    kernel: pair,
    stride: pair,
    padding: pair,
    dilation: only([1, 1]),
    ceil_mode: only(false),
    scale: number,
    zero_point: number,
  });
  const { x } = readInputs(c, { x: "u8" });
  const attrs = { kernel: a.kernel, stride: a.stride, padding: bothSides(a.padding) };
  const { y } = await evaluate(backend, { x: channelsLast(toSigned(x)) }, (b) => ({ y: emit(b, "qmaxPool2d", { x: "x" }, attrs).y! }));
  return { outputs: everyEngine(toUnsigned(channelsFirst(y as Tensor<"i8">))) };
};

const add: Adapter = async (c, backend) => {
  const a = readAttrs(c, {
    a_scale: number,
    a_zero_point: number,
    b_scale: number,
    b_zero_point: number,
    y_scale: number,
    y_zero_point: number,
    relu: boolean,
  });
  const q = readInputs(c, { a: "u8", b: "u8" });
  const y = await runAdd(
    backend,
    { q: toSigned(q.a), scale: a.a_scale, zeroPoint: a.a_zero_point - 128 },
    { q: toSigned(q.b), scale: a.b_scale, zeroPoint: a.b_zero_point - 128 },
    { scale: a.y_scale, zeroPoint: a.y_zero_point - 128 },
    { activation: a.relu ? "relu" : "none", rounding: "singleHalfUp" },
  );
  return { outputs: everyEngine(toUnsigned(y)), ...withExactPre(c) };
};

/** PyTorch's quint8, qint8 and qint32; the data of the last stays within 2^30. */
const containers = {
  quint8: { dtype: "u8", quantMin: 0, quantMax: 255 },
  qint8: { dtype: "i8", quantMin: -128, quantMax: 127 },
  qint32: { dtype: "i32", quantMin: -(2 ** 30), quantMax: 2 ** 30 - 1 },
} as const;
const eightBits = oneOf("quint8", "qint8");
const roundsAfter = "PyTorch's rule that rounds after adding the zero point is not offered";

/** x -> q by the rule y_round_first, and the golden q back to real values. */
async function quantized(
  c: GoldenCase,
  backend: Parameters<Adapter>[1],
  qparams: { scale: Tensor; zeroPoint: Tensor },
  x: Tensor,
  dtype: keyof typeof containers,
  axis: number | null,
): Promise<Results> {
  const container = containers[dtype];
  const q = tensorOf(c, c.outputs.get("y")!);
  if (q.dtype !== container.dtype) throw new Refused(`y of a ${dtype} as ${q.dtype} is not offered`);
  const { first, back } = await evaluate(backend, { x, q, ...qparams }, (b) => ({
    first: emit(b, "quantize", { x: "x", scale: "scale", zeroPoint: "zeroPoint" }, { ...container, axis, rounding: "reciprocal" }).y!,
    back: emit(b, "dequantize", { x: "q", scale: "scale", zeroPoint: "zeroPoint" }, { axis }).y!,
  }));
  return { outputs: { y_round_first: first!, dequantized: back! }, refused: { y: roundsAfter } };
}

const quantizePerTensor: Adapter = (c, backend) => {
  const a = readAttrs(c, { scale: number, zero_point: number, dtype: oneOf("quint8", "qint8", "qint32") });
  const { x } = readInputs(c, { x: "f32" });
  return quantized(c, backend, { scale: f32s(a.scale), zeroPoint: i32s(a.zero_point) }, x, a.dtype, null);
};

const quantizePerChannel: Adapter = (c, backend) => {
  const a = readAttrs(c, { axis: number, dtype: eightBits });
  const { x, scale, zero_point: zeroPoint } = readInputs(c, { x: "f32", scale: "f32", zero_point: "i32" });
  return quantized(c, backend, { scale, zeroPoint }, x, a.dtype, a.axis);
};

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
  return { outputs: { y_round_first: y! }, refused: { y: roundsAfter }, ...withExactPre(c) };
};

export const quantizedOps: Adapters = new Map<string, Adapter>([
  ["qconv2d", layer("qconv2d")],
  ["qconv2d_relu", layer("qconv2d")],
  ["qlinear", layer("qlinear")],
  ["qlinear_relu", layer("qlinear")],
  ["relu", relu],
  ["max_pool2d", maxPool2d],
  ["quantized.add", add],
  ["quantized.add_relu", add],
  ["quantize_per_tensor", quantizePerTensor],
  ["quantize_per_channel", quantizePerChannel],
  ["requantize", requantize],
]);
