/**
 * What qavgPool2d, qadaptiveAvgPool2d, qglobalAvgPool2d and qmean share. Of `pixels` values of x that count for n:
 *
 *     y = yZeroPoint + clamp(round(sum of (x - xZeroPoint) * multiplier[n] * 2^(exponent[n] - 31)), low - yZeroPoint, ..)
 *
 * with the multiplier s_x / (s_y * n), so that no integer is divided; floatBias is float. The rounding "rawHalfAway" is
 * TFLite's: y = clamp(sum of x / n, half away from zero) of the stored values, x and y sharing scale and zero point, and
 * multiplier and exponent unused. low is quantMin, or the zero point where a relu is fused.
 * Overflow: |x - xZeroPoint| <= 255 and half a divisor: (255 + 1/2) * pixels < 2^31 for up to 2^23 pixels. Kernels sum windows of
 * up to 2^16 pixels in f32, where 255 * 2^16 < 2^24 keeps them exact, and larger ones in i32.
 */
import { QuantizationError } from "../errors.ts";
import { clamp, f32, requantize, requantizeMultiplier, roundHalfAway, type Rounding } from "../numerics/index.ts";
import { scalar, sizes, zeros, type Shape, type Tensor, type TensorType } from "../tensor/index.ts";
import { largestCount, type Extents, forEachWindowRow } from "./average.ts";
import { expectDType, expectShape } from "./check.ts";
import type { Emitter, Lowering, NodeView, OpDef, Quantized, Tensors, Types } from "./op.ts";
import {
  clampBounds,
  dataI32,
  expectPerTensor,
  expectRequantize,
  expectScalar,
  i32Tensor,
  quantized,
  requantizeAttrs,
  requantizeConstants,
  requantizeDefaults,
  requantizeParams,
  type RequantizeAttrs,
} from "./requantized.ts";

export type AverageAttrs = Omit<RequantizeAttrs, "rounding"> & { readonly rounding: Rounding | "rawHalfAway" };

export const averageInputs = ["x", "xZeroPoint", "yZeroPoint", "multiplier", "exponent"];
export const averageDefaults: AverageAttrs = requantizeDefaults;

/** The same with a rounding that the shaders' lib/requantize.wgsl knows; rawHalfAway does not use it. */
const requantizing = <A extends AverageAttrs>(attrs: A): A & RequantizeAttrs => ({
  ...attrs,
  rounding: attrs.rounding === "rawHalfAway" ? "float" : attrs.rounding,
});

const MOST = 2 ** 23;

/** @throws QuantizationError where a sum of so many values may exceed i32. */
export function expectSummable(where: string, pixels: number): void {
  if (pixels > MOST)
    throw new QuantizationError({
      code: "accumulator-overflow",
      where,
      problem: "the sum of a window may exceed i32",
      expected: `up to ${MOST} pixels`,
      got: String(pixels),
      remedy: "Take the average in two steps",
    });
}

/**
 * The type of y, of this shape, for a table of so many multipliers.
 * @throws ShapeError | DTypeError | QuantizationError
 */
export function inferAverage(where: string, types: Types, attrs: AverageAttrs, shape: Shape, entries: number): TensorType {
  for (const name of ["xZeroPoint", "yZeroPoint"]) expectScalar(where, name, types);
  for (const name of ["multiplier", "exponent"]) {
    expectDType(where, name, types[name]!, "i32");
    expectShape(where, name, types[name]!, [entries], "must hold one value per count");
  }
  expectRequantize(where, requantizing(attrs));
  return { dtype: attrs.dtype, shape };
}

/** The stored average of `pixels` values with this sum, divided by n, whose multiplier is `entry`. */
export function storedAverage(tensors: Tensors, attrs: AverageAttrs): (sum: number, pixels: number, n: number, entry: number) => number {
  const [xZeroPoint, yZeroPoint] = [dataI32(tensors.xZeroPoint)[0]!, dataI32(tensors.yZeroPoint)[0]!];
  const [multiplier, exponent] = [dataI32(tensors.multiplier), dataI32(tensors.exponent)];
  const { low, high } = clampBounds(requantizing(attrs), yZeroPoint);
  return (sum, pixels, n, entry) => {
    if (attrs.rounding === "rawHalfAway") return clamp(roundHalfAway(sum / n), yZeroPoint + low, yZeroPoint + high);
    const q = requantize(sum - xZeroPoint * pixels, multiplier[entry]!, exponent[entry]!, attrs.rounding);
    return yZeroPoint + clamp(q, low, high);
  };
}

/** y [n, oh, ow, c] of windows over x [n, h, w, c]. */
export function windowAverages(tensors: Tensors, attrs: AverageAttrs, y: TensorType, extents: Extents, divisor: number | null): Tensor {
  const [{ data, shape }, out] = [tensors.x!, zeros(attrs.dtype, sizes(y.shape))];
  const c = shape[3]!;
  const stored = storedAverage(tensors, attrs);
  const [sums, pixels, counts] = [zeros("i32", out.shape).data, zeros("i32", out.shape).data, zeros("i32", out.shape).data];
  forEachWindowRow(shape, extents, (to, row, length, count) => {
    for (let i = 0; i < length * c; i++) {
      sums[to + (i % c)]! += data[row + i]!;
      pixels[to + (i % c)]!++;
      counts[to + (i % c)] = count;
    }
  });
  for (let i = 0; i < sums.length; i++) out.data[i] = stored(sums[i]!, pixels[i]!, divisor ?? counts[i]!, counts[i]!);
  return out;
}

/** What a call of the kernels needs besides sizes. */
export const averageCall = (x: TensorType, attrs: AverageAttrs) => ({
  params: { ...requantizeParams(requantizing(attrs)), flip: x.dtype === "i8" ? 0x00808080 : 0x80000000 },
  constants: { ...requantizeConstants(requantizing(attrs)), RAW: attrs.rounding === "rawHalfAway" },
});

/**
 * Emits the integer form `op` of a node with input x, for these counts; entry i of the tables is that of counts[i].
 * @throws QuantizationError where x or y has a scale per channel.
 */
export function lowerAverage(b: Emitter, node: NodeView, q: Lowering, op: OpDef, counts: readonly number[], attrs = {}): Quantized {
  const [x, y] = [q.input("x"), q.output];
  const where = `${op.name.slice(1)} "${node.name}"`;
  expectPerTensor(where, "x", x.qparams);
  expectPerTensor(where, "y", y);
  const [sx, sy] = [x.qparams.scale.data[0]!, y.scale.data[0]!];
  const isFloat = q.rounding === "float" || q.rounding === "floatBias";
  const fixed = counts.map((n) => requantizeMultiplier(q.rounding, { x: sx, y: isFloat ? f32(sy * n) : sy * n }, where));
  const constant = (name: string, t: Tensor): string => b.constant(t, `${node.name}.${name}`);
  const inputs = {
    x: x.value,
    xZeroPoint: constant("xZeroPoint", scalar("i32", x.qparams.zeroPoint.data[0]!)),
    yZeroPoint: constant("yZeroPoint", scalar("i32", y.zeroPoint.data[0]!)),
    multiplier: constant("multiplier", i32Tensor(fixed.map((f) => f.multiplier))),
    exponent: constant("exponent", i32Tensor(fixed.map((f) => f.exponent))),
  };
  return quantized(b.emit(op, inputs, { ...attrs, ...requantizeAttrs("none", q.rounding, y) }, node.name).y!, y);
}

/** 1 (for the unused entry of 0), 1, 2, .. up to `most`, or one divisor throughout. */
export const countsTo = (most: number, divisor: number | null = null): readonly number[] =>
  Array.from({ length: most + 1 }, (_, i) => divisor ?? Math.max(1, i));

/** The tables' length, and the checks of the sums of windows. @throws QuantizationError */
export function expectWindows(where: string, extents: Extents): number {
  expectSummable(where, largestCount(extents));
  return largestCount(extents) + 1;
}
