/** Layers of integer weights: packed weights and all the constants of qconv2d and qlinear, with ONNX Runtime's arithmetic. */
import { QuantizationError } from "../errors.ts";
import { checkAccumulators, requantizeMultiplier } from "../numerics/index.ts";
import { packWeight } from "../ops/packWeight.ts";
import type { Qparams, Value } from "../ops/op.ts";
import { i32Tensor, type RequantizeAttrs } from "../ops/requantized.ts";
import { numel, tensor, zeros, type Tensor } from "../tensor/index.ts";
import type { Context } from "./context.ts";
import { quote } from "./names.ts";
import type { Operand } from "./operand.ts";
import { knownScale, knownZeroPoint, perTensor, spread } from "./qparams.ts";

/** The weights of a layer [oc, ..., ic]: i8 or u8 with the zero points of packed ones, which are i8. */
export interface Weights {
  readonly tensor: Tensor;
  readonly scale: Tensor<"f32">;
  readonly zeroPoint: Tensor<"i32">;
  /** What makes i8 of the stored values, and of their zero points. */
  readonly shift: number;
}

/** Input i the weight in this order of axes, i + 1 its scales, i + 2 its zero points: one for all, or one per channel. */
export function knownWeights(c: Context, i: number, t: Tensor): Weights {
  const x = c.input(i);
  const oc = t.shape[0]!;
  const scale = spread(knownScale(c, i + 1, { channels: oc }), oc);
  return { tensor: t, scale, ...weightZeroPoint(c, i + 2, x, oc) };
}

/** The zero points of a known weight x, one per output channel. */
export function weightZeroPoint(c: Context, i: number, x: Operand, oc: number): Pick<Weights, "zeroPoint" | "shift"> {
  return { zeroPoint: spread(knownZeroPoint(c, i, x.type, { channels: oc }), oc), shift: x.type === "uint8" ? 128 : 0 };
}

/** Sums of each channel's weights as they are packed. */
export function weightSums({ tensor: { data, shape }, shift }: Pick<Weights, "tensor" | "shift">): Int32Array {
  const taps = data.length / shape[0]!;
  const sums = zeros("i32", [shape[0]!]).data;
  data.forEach((q: number, k: number) => (sums[Math.floor(k / taps)]! += q - shift));
  return sums;
}

/** A bias of i32, one value per channel. @throws QuantizationError */
export function knownBias(c: Context, x: Operand | undefined, i: number, oc: number): Tensor<"i32"> {
  if (!x) return i32Tensor(Array<number>(oc).fill(0));
  c.expectType(x, "int32");
  const { data, shape } = c.known(i);
  if (numel(shape) !== oc)
    throw new QuantizationError({
      code: "bad-bias",
      where: c.where,
      problem: `the bias ${quote(x.name)} has the wrong length`,
      expected: `${oc}`,
      got: `[${shape.join(", ")}]`,
    });
  return tensor("i32", [oc], data as Int32Array);
}

interface Layer {
  readonly x: Value;
  readonly xQparams: Qparams;
  readonly weights: Weights;
  readonly bias: Tensor<"i32">;
  readonly yQparams: Qparams;
  readonly groups?: number;
}

/**
 * Inputs of qconv2d or qlinear.
 * @throws QuantizationError where an accumulator could exceed i32
 */
export function layerInputs(c: Context, { x, xQparams, weights, bias, yQparams, groups = 1 }: Layer): Readonly<Record<string, Value>> {
  const { tensor: w, scale, zeroPoint, shift } = weights;
  const xZeroPoint = xQparams.zeroPoint.data[0]!;
  checkAccumulators(c.where, { weight: w, weightZeroPoint: zeroPoint.data, bias: bias.data, xZeroPoint, xRange: xQparams });
  const fixed = Array.from(scale.data, (s) =>
    requantizeMultiplier("float", { x: xQparams.scale.data[0]!, w: s, y: yQparams.scale.data[0]! }, c.where),
  );
  const packed = packWeight.reference({ w }, { groups }).y!;
  const isSymmetric = zeroPoint.data.every((z) => z === shift);
  return {
    x,
    weight: c.constant(packed, "weight"),
    weightSum: c.constant(tensor("i32", [scale.data.length], weightSums(weights)), "weightSum"),
    bias: c.constant(bias, "bias"),
    multiplier: c.constant(i32Tensor(fixed.map((f) => f.multiplier)), "multiplier"),
    exponent: c.constant(i32Tensor(fixed.map((f) => f.exponent)), "exponent"),
    xZeroPoint: c.constant(xQparams.zeroPoint, "xZeroPoint"),
    yZeroPoint: c.constant(yQparams.zeroPoint, "yZeroPoint"),
    ...(isSymmetric ? {} : { weightZeroPoint: c.constant(i32Tensor([...zeroPoint.data].map((z) => z - shift)), "weightZeroPoint") }),
  };
}

/** Attributes of an op that requantizes to these qparams as ONNX Runtime does. */
export const requantizeTo = ({ dtype, quantMin, quantMax }: Qparams): RequantizeAttrs => ({
  activation: "none",
  rounding: "float",
  dtype,
  quantMin,
  quantMax,
});

/** The qparams of an output: input i the scale, i + 1 the zero point, whose type is the output's. */
export const outputQparams = (c: Context, i: number): Qparams => perTensor(c, i, c.optional(i + 1)?.type ?? "uint8");
