/**
 * What the integer ops share that requantize: attributes, ranges and bounds of y, for qconv2d, qlinear, qadd, qsub, qmul, the
 * averages and requantize; and inputs, accumulators and lowering of those two that multiply by packed weights:
 *
 *     acc[o] = bias[o] + sum of (x - xZeroPoint) * (weight[o] - weightZeroPoint[o])
 *     y[o] = yZeroPoint + clamp(round(acc[o] * multiplier[o] * 2^(exponent[o] - 31)), low - yZeroPoint, high - yZeroPoint)
 *
 * low is quantMin, or the zero point where a relu is fused (max(quantMin, yZeroPoint)); high is quantMax. `round` is the
 * attribute `rounding`; for floatBias the bias is f32, in steps of the accumulator, and is added to f32(sum). Multipliers are
 * 0 .. 2^31 - 1 and exponents -31 .. 30: beyond these kernels may differ from the reference. (`quantizeMultiplier` and
 * `floatFixedPoint` make 0 and multipliers from 2^30 on; smaller ones are computed with as well.) A fused relu wants
 * yZeroPoint <= quantMax. x and y are i8 or u8. Weights are i8 once they are packed, so the weightZeroPoint of u8
 * weights is 128 less; without it they are symmetric.
 * Kernels compute the accumulator as bias - xZeroPoint * weightSum + sum of x * weight, less weightZeroPoint * sum of
 * (x - xZeroPoint); weightSum[o] must be the sum of the channel's packed weights. The reference does without these, so that
 * comparing the two checks the fold. On the way sums may wrap around; the end result fits, which lowering checks.
 */
import { QuantizationError, type KnownCode } from "../errors.ts";
import {
  biasScale,
  checkAccumulators,
  f32,
  quantizeBias,
  requantize,
  requantizeMultiplier,
  roundHalfAway,
  roundHalfEven,
  roundings,
  type FixedPoint,
} from "../numerics/index.ts";
import { allocated, filled, scalar, tensor, zeros, type Tensor } from "../tensor/index.ts";
import { expectActivation } from "./activation.ts";
import { expectDType, expectShape, fixedDim } from "./check.ts";
import type { Emitter, Lowering, NodeView, Qparams, Quantized, Rounding, Tensors, Types, Value } from "./op.ts";
import { packedShape, packWeight, unpackWeights, type Packing } from "./packWeight.ts";

export type RequantizeAttrs = {
  readonly activation: string;
  readonly rounding: Rounding;
  /** Element type of y: i8 or u8. */
  readonly dtype: "i8" | "u8";
  readonly quantMin: number;
  readonly quantMax: number;
};

export const requantizeDefaults: RequantizeAttrs = {
  activation: "none",
  rounding: "singleHalfUp",
  dtype: "i8",
  quantMin: -128,
  quantMax: 127,
};

/** Inputs of an op that multiplies by packed weights, in order. */
export const weightedInputs = [
  "x",
  "weight",
  "weightSum",
  "bias",
  "multiplier",
  "exponent",
  "xZeroPoint",
  "yZeroPoint",
  "weightZeroPoint?",
] as const;

/**
 * @throws ShapeError | QuantizationError for an activation or rounding that is not offered, and for a range that y's element
 * type does not hold. A relu6 is a relu whose upper bound is quantMax (requantizeAttrs): where 6 is less than half a step, one
 * value may remain.
 */
export function expectRequantize(where: string, { activation, rounding, dtype, quantMin, quantMax }: RequantizeAttrs): void {
  const refuse = (code: KnownCode, problem: string, expected: string, got: string): never => {
    throw new QuantizationError({ code, where, problem, expected, got });
  };
  expectActivation(where, activation);
  if (activation === "relu6")
    refuse("bad-activation", "integers have no relu6 of their own", "relu with quantMax at the integer of 6", "relu6");
  if (!roundings.includes(rounding)) refuse("bad-rounding", "the rounding is unknown", roundings.join(", "), rounding);
  if (dtype !== "i8" && dtype !== "u8") refuse("bad-dtype", "y is of 8 bits", "i8 or u8", String(dtype));
  const [lowest, highest] = dtype === "i8" ? [-128, 127] : [0, 255];
  const whole = Number.isInteger(quantMin) && Number.isInteger(quantMax);
  if (!whole || quantMin > quantMax || quantMin < lowest || quantMax > highest)
    refuse(
      "bad-quant-range",
      `not a range of ${dtype}`,
      `whole numbers quantMin <= quantMax within ${lowest}..${highest}`,
      `${quantMin}..${quantMax}`,
    );
}

/**
 * Checks everything but shapes of x and weight, and returns the number of output channels.
 * @throws ShapeError | DTypeError | QuantizationError
 */
export function inferWeighted(where: string, types: Types, attrs: RequantizeAttrs): number {
  expectDType(where, "x", types.x!, "i8", "u8");
  expectDType(where, "weight", types.weight!, "i8");
  const oc = fixedDim(where, "weightSum", types.weightSum!, 0);
  for (const name of ["weightSum", "bias", "multiplier", "exponent", "weightZeroPoint"]) {
    if (!types[name]) continue;
    expectDType(where, name, types[name], name === "bias" && attrs.rounding === "floatBias" ? "f32" : "i32");
    expectShape(where, name, types[name], [oc], "must hold one value per output channel");
  }
  for (const name of ["xZeroPoint", "yZeroPoint"]) expectScalar(where, name, types);
  expectRequantize(where, attrs);
  return oc;
}

/** @throws ShapeError | DTypeError unless the input is i32 [1]. */
export function expectScalar(where: string, name: string, types: Types): void {
  expectDType(where, name, types[name]!, "i32");
  expectShape(where, name, types[name]!, [1], "must be a single value");
}

/** @throws ShapeError unless the packed weight has this shape. */
export function expectPacked(where: string, types: Types, p: Packing, mid: readonly number[]): void {
  const why = `must be packed by packWeight for ${p.oc} output and ${p.groups * p.icGroup} input channels${p.groups > 1 ? ` in ${p.groups} groups` : ""}`;
  expectShape(where, "weight", types.weight!, packedShape(p, mid), why);
}

/** The fields of Params that lib/requantize's clamp needs; the zero point itself is an input. */
export const requantizeParams = ({
  activation,
  quantMin,
  quantMax,
}: RequantizeAttrs): { relu: number; quantMin: number; quantMax: number } => ({
  relu: activation === "relu" ? 1 : 0,
  quantMin,
  quantMax,
});

/** The override that lib/requantize.wgsl has. */
export const requantizeConstants = ({ rounding }: Pick<RequantizeAttrs, "rounding">): { ROUNDING: number } => ({
  ROUNDING: roundings.indexOf(rounding),
});

/** The signs of 4 bytes: flipping them maps i8 to u8 in the same order, and back. */
export const SIGNS = 0x80808080;

/** The bounds of y - yZeroPoint, which the rounded product is clamped to. */
export function clampBounds(
  { activation, quantMin, quantMax }: RequantizeAttrs,
  yZeroPoint: number,
): { readonly low: number; readonly high: number } {
  return { low: (activation === "relu" ? Math.max(quantMin, yZeroPoint) : quantMin) - yZeroPoint, high: quantMax - yZeroPoint };
}

export const dataI8 = (t: Tensor | undefined): Int8Array => t!.data as Int8Array;
export const dataI32 = (t: Tensor | undefined): Int32Array => t!.data as Int32Array;

/** Accumulators [..., oc] without bias -> y, in place of a loop in each reference. */
export function requantizeSums(sums: Int32Array, shape: readonly number[], tensors: Tensors, attrs: RequantizeAttrs): Tensor {
  const [multiplier, exponent] = [dataI32(tensors.multiplier), dataI32(tensors.exponent)];
  const bias = tensors.bias!.data;
  const yZeroPoint = dataI32(tensors.yZeroPoint)[0]!;
  const { low, high } = clampBounds(attrs, yZeroPoint);
  const oc = bias.length;
  const y = zeros(attrs.dtype, shape);
  for (let i = 0; i < sums.length;)
    for (let o = 0; o < oc; o++, i++) {
      const acc = attrs.rounding === "floatBias" ? f32(f32(sums[i]!) + bias[o]!) : (sums[i]! + bias[o]!) | 0;
      const q = requantize(acc, multiplier[o]!, exponent[o]!, attrs.rounding);
      y.data[i] = yZeroPoint + Math.max(low, Math.min(high, q));
    }
  return y;
}

/** x - xZeroPoint of every element. */
export function centered(tensors: Tensors): Int16Array {
  const xZeroPoint = dataI32(tensors.xZeroPoint)[0]!;
  const { data } = tensors.x!;
  return allocated("x - xZeroPoint", 2 * data.length, () => Int16Array.from(data, (q) => q - xZeroPoint));
}

/** The plain weights [oc, ..., icGroup], less their zero points. */
export function centeredWeights(tensors: Tensors, p: Packing): Int16Array {
  const plain = unpackWeights(tensors.weight!, p);
  const zeros = tensors.weightZeroPoint?.data;
  const perChannel = plain.length / p.oc;
  const less = (w: number, i: number): number => w - (zeros?.[Math.floor(i / perChannel)] ?? 0);
  return allocated("weight - weightZeroPoint", 2 * plain.length, () => Int16Array.from(plain, less));
}

/** @throws QuantizationError where an activation has a scale per channel. */
export function expectPerTensor(where: string, name: string, { scale }: Pick<Qparams, "scale">): void {
  if (scale.data.length !== 1)
    throw new QuantizationError({
      code: "per-channel-activation",
      where,
      problem: `${name} must be quantized per tensor`,
      expected: "one scale",
      got: `${scale.data.length}`,
      remedy: "Quantize activations per tensor: only weights have a scale per channel",
    });
}

const perChannel = (t: Tensor, c: number): number => t.data[t.data.length === 1 ? 0 : c]!;

/** Multipliers s_x * s_w[c] / s_y. */
function fixedPoints(where: string, oc: number, x: Qparams, weight: Qparams, y: Qparams, rounding: Rounding): readonly FixedPoint[] {
  return Array.from({ length: oc }, (_, c) => {
    const scales = { x: x.scale.data[0]!, w: perChannel(weight.scale, c), y: y.scale.data[0]! };
    return requantizeMultiplier(rounding, scales, `${where}, output channel ${c}`);
  });
}

export const i32Tensor = (values: readonly number[]): Tensor<"i32"> => tensor("i32", [values.length], values);

/** The bias in steps of the accumulator: i32, or for floatBias f32(bias / f32(s_x * s_w)). */
function biasOf(where: string, float: Tensor<"f32">, x: Qparams, weight: Qparams, rounding: Rounding): Tensor<"i32" | "f32"> {
  const xScale = x.scale.data[0]!;
  if (rounding !== "floatBias") return quantizeBias(float, xScale, weight.scale, where);
  return filled("f32", [float.data.length], (c) => float.data[c]! / biasScale(xScale, perChannel(weight.scale, c)));
}

/**
 * The inputs of the integer form of a node with x, weight [oc, ...] and bias: packed weights and all the constants.
 * @throws QuantizationError where an accumulator could overflow (naming the output channel), a bias does not fit i32, or
 * x or y are quantized per channel.
 */
export function lowerWeighted(b: Emitter, where: string, node: NodeView, q: Lowering, groups = 1): Readonly<Record<string, Value>> {
  const [x, weight, y] = [q.input("x"), q.weight("weight"), q.output];
  expectPerTensor(where, "x", x.qparams);
  expectPerTensor(where, "y", y);
  const { shape, data, dtype } = weight.tensor;
  const oc = shape[0]!;
  const weightZeroPoint = Array.from({ length: oc }, (_, c) => perChannel(weight.qparams.zeroPoint, c));
  const [xZeroPoint, yZeroPoint] = [x.qparams.zeroPoint.data[0]!, y.zeroPoint.data[0]!];
  const float = (q.constant("bias") ?? zeros("f32", [oc])) as Tensor<"f32">;
  const bias = biasOf(where, float, x.qparams, weight.qparams, q.rounding);
  const inAccumulator = q.rounding === "floatBias" ? undefined : bias.data;
  checkAccumulators(where, { weight: weight.tensor, weightZeroPoint, bias: inAccumulator, xZeroPoint, xRange: x.qparams });
  const fixed = fixedPoints(where, oc, x.qparams, weight.qparams, y, q.rounding);
  // Packed weights are i8: what is u8 loses 128, zero points too.
  const shift = dtype === "u8" ? 128 : 0;
  const taps = data.length / oc;
  const sums = Array.from({ length: oc }, (_, c) => {
    let sum = 0;
    for (let k = c * taps; k < (c + 1) * taps; k++) sum += data[k]! - shift;
    return sum;
  });
  const constant = (name: string, t: Tensor): Value => b.constant(t, `${node.name}.${name}`);
  const symmetric = weightZeroPoint.every((z) => z === shift);
  return {
    x: x.value,
    weight: b.emit(packWeight, { w: constant("weight", weight.tensor) }, { groups }, `${node.name}.packedWeight`).y!,
    weightSum: constant("weightSum", i32Tensor(sums)),
    bias: constant("bias", bias),
    multiplier: constant("multiplier", i32Tensor(fixed.map((f) => f.multiplier))),
    exponent: constant("exponent", i32Tensor(fixed.map((f) => f.exponent))),
    xZeroPoint: constant("xZeroPoint", scalar("i32", xZeroPoint)),
    yZeroPoint: constant("yZeroPoint", scalar("i32", yZeroPoint)),
    ...(symmetric ? {} : { weightZeroPoint: constant("weightZeroPoint", i32Tensor(weightZeroPoint.map((z) => z - shift))) }),
  };
}

/**
 * Attributes of the integer form. relu6 becomes a relu whose upper bound is lowered to the integer of 6, z + round(f32(6 / s)):
 * half to even, or away from zero where the rounding is one of those (TFLite).
 */
export function requantizeAttrs(activation: string, rounding: Rounding, output: Qparams): RequantizeAttrs {
  const { dtype, quantMin, quantMax } = output;
  const given = { rounding, dtype, quantMin };
  if (activation !== "relu6") return { activation, ...given, quantMax };
  const round = rounding.endsWith("HalfAway") ? roundHalfAway : roundHalfEven;
  const six = output.zeroPoint.data[0]! + round(f32(6 / output.scale.data[0]!));
  return { activation: "relu", ...given, quantMax: Math.min(quantMax, six) };
}

export const quantized = (value: Value, qparams: Qparams): Quantized => ({ value, qparams });
