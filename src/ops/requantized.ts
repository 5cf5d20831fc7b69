/**
 * What the integer ops with a 32-bit accumulator share: qconv2d and qlinear.
 *
 *     acc[o] = bias[o] + sum of (x - xZeroPoint) * weight[o]
 *     y[o] = yZeroPoint + clamp(round(acc[o] * multiplier[o] * 2^(exponent[o] - 31)), low - yZeroPoint, high - yZeroPoint)
 *
 * low is quantMin, or the zero point where a relu is fused (max(quantMin, yZeroPoint)); high is quantMax. Kernels compute
 * the accumulator as bias - xZeroPoint * weightSum + sum of x * weight; weightSum[o] must be the sum of the channel's
 * weights. The reference does without it, so that comparing the two checks the fold.
 */
import { QuantizationError } from "../errors.ts";
import {
  checkAccumulators,
  expectRange,
  f32,
  quantizeBias,
  requantize,
  requantizeMultiplier,
  roundHalfAway,
  roundHalfEven,
  roundings,
  type FixedPoint,
} from "../numerics/index.ts";
import { scalar, tensor, zeros, type Dim, type Tensor } from "../tensor/index.ts";
import { expectActivation } from "./activation.ts";
import { expectDType, expectShape, fixedDim } from "./check.ts";
import type { Emitter, Lowering, NodeView, Qparams, Quantized, Rounding, Tensors, Types, Value } from "./op.ts";
import { packWeight } from "./packWeight.ts";

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
export const weightedInputs = ["x", "weight", "weightSum", "bias", "multiplier", "exponent", "xZeroPoint", "yZeroPoint"] as const;

/**
 * @throws ShapeError | QuantizationError for an activation or rounding that is not offered, and for a range that y's element
 * type does not hold. A relu6 is a relu whose upper bound is quantMax (requantizeAttrs).
 */
export function expectRequantize(where: string, { activation, rounding, dtype, quantMin, quantMax }: RequantizeAttrs): void {
  const refuse = (code: string, problem: string, expected: string, got: string): never => {
    throw new QuantizationError({ code, where, problem, expected, got });
  };
  expectActivation(where, activation);
  if (activation === "relu6")
    refuse("bad-activation", "integers have no relu6 of their own", "relu with quantMax at the integer of 6", "relu6");
  if (!roundings.includes(rounding)) refuse("bad-rounding", "the rounding is unknown", roundings.join(", "), rounding);
  if (dtype !== "i8" && dtype !== "u8") refuse("bad-dtype", "y is of 8 bits", "i8 or u8", String(dtype));
  expectRange(where, { quantMin, quantMax });
  if (dtype === "i8" ? quantMax > 127 : quantMin < 0)
    refuse(
      "bad-quant-range",
      `y is ${dtype}`,
      dtype === "i8" ? "a range within -128..127" : "a range within 0..255",
      `${quantMin}..${quantMax}`,
    );
}

/**
 * Checks everything but shapes of x and weight, and returns the number of output channels.
 * @throws ShapeError | DTypeError | QuantizationError
 */
export function inferWeighted(where: string, types: Types, attrs: RequantizeAttrs): number {
  expectDType(where, "x", types.x!, "i8");
  expectDType(where, "weight", types.weight!, "i8");
  const oc = fixedDim(where, "weightSum", types.weightSum!, 0);
  for (const name of ["weightSum", "bias", "multiplier", "exponent"]) {
    expectDType(where, name, types[name]!, name === "bias" && attrs.rounding === "floatBias" ? "f32" : "i32");
    expectShape(where, name, types[name]!, [oc], "must hold one value per output channel");
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
export function expectPacked(where: string, types: Types, oc: number, mid: readonly Dim[], ic: number): void {
  const shape = [Math.ceil(oc / 4), ...mid, Math.ceil(ic / 4), 4, 4];
  expectShape(where, "weight", types.weight!, shape, `must be packed by packWeight for ${oc} output and ${ic} input channels`);
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
  return Int16Array.from(dataI8(tensors.x), (q) => q - xZeroPoint);
}

/** The node, for errors: `conv2d "conv1"`. Only i8 has integer kernels. */
export function expectI8(where: string, name: string, q: Pick<Qparams, "dtype">): void {
  if (q.dtype !== "i8")
    throw new QuantizationError({
      code: "unsupported-dtype",
      where,
      problem: `${name} is quantized to ${q.dtype}, for which there is no integer kernel`,
      expected: "i8",
      got: q.dtype,
      remedy: "Quantize activations to i8",
    });
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

/**
 * The inputs of the integer form of a node with x, weight [oc, ...] and bias: packed weights and all the constants.
 * @throws QuantizationError where an accumulator could overflow (naming the output channel), a bias does not fit i32, or
 * x, weight or y are quantized in a way that the integer kernels do not know.
 */
export function lowerWeighted(b: Emitter, where: string, node: NodeView, q: Lowering): Readonly<Record<string, Value>> {
  const [x, weight, y] = [q.input("x"), q.weight("weight"), q.output];
  expectI8(where, "x", x.qparams);
  expectI8(where, "y", y);
  const { scale, zeroPoint } = weight.qparams;
  if (zeroPoint.data.some((z) => z !== 0))
    throw new QuantizationError({
      code: "asymmetric-weight",
      where,
      problem: "weights must be symmetric (zero point 0)",
      got: `zero point ${zeroPoint.data.find((z) => z !== 0)}`,
    });
  expectPerTensor(where, "x", x.qparams);
  expectPerTensor(where, "y", y);
  const oc = weight.tensor.shape[0]!;
  const [xZeroPoint, yZeroPoint] = [x.qparams.zeroPoint.data[0]!, y.zeroPoint.data[0]!];
  const float = q.constant("bias");
  const bias = float ? quantizeBias(float, x.qparams.scale.data[0]!, scale, where) : i32Tensor(Array<number>(oc).fill(0));
  checkAccumulators(where, { weight: weight.tensor, bias: bias.data, xZeroPoint, xRange: x.qparams });
  const fixed = fixedPoints(where, oc, x.qparams, weight.qparams, y, q.rounding);
  const taps = weight.tensor.data.length / oc;
  const sum = (c: number): number => (weight.tensor.data as Int8Array).subarray(c * taps, (c + 1) * taps).reduce((a, v) => a + v, 0);
  const constant = (name: string, t: Tensor): Value => b.constant(t, `${node.name}.${name}`);
  return {
    x: x.value,
    weight: b.emit(packWeight, { w: constant("weight", weight.tensor) }, {}, `${node.name}.packedWeight`).y!,
    weightSum: constant("weightSum", i32Tensor(Array.from({ length: oc }, (_, c) => sum(c)))),
    bias: constant("bias", bias),
    multiplier: constant("multiplier", i32Tensor(fixed.map((f) => f.multiplier))),
    exponent: constant("exponent", i32Tensor(fixed.map((f) => f.exponent))),
    xZeroPoint: constant("xZeroPoint", scalar("i32", xZeroPoint)),
    yZeroPoint: constant("yZeroPoint", scalar("i32", yZeroPoint)),
  };
}

/**
 * Attributes of the integer form. relu6 becomes a relu whose upper bound is lowered to the integer of 6, z + round(6 / s):
 * half to even, or away from zero where the rounding is one of those (TFLite).
 */
export function requantizeAttrs(activation: string, rounding: Rounding, output: Qparams): RequantizeAttrs {
  const { dtype, quantMin, quantMax } = output;
  const given = { rounding, dtype, quantMin };
  if (activation !== "relu6") return { activation, ...given, quantMax };
  const round = rounding.endsWith("HalfAway") ? roundHalfAway : roundHalfEven;
  const six = output.zeroPoint.data[0]! + round(6 / output.scale.data[0]!);
  return { activation: "relu", ...given, quantMax: Math.min(quantMax, six) };
}

export const quantized = (value: Value, qparams: Qparams): Quantized => ({ value, qparams });
