/** Scales and zero points of an ONNX graph, checked: what ONNX Runtime runs silently with nonsense as its result is refused. */
import { DTypeError, QuantizationError, type KnownCode } from "../errors.ts";
import { cast } from "../ops/cast.ts";
import { dequantize } from "../ops/dequantize.ts";
import type { Qparams, Value } from "../ops/op.ts";
import { reshape } from "../ops/reshape.ts";
import { filled, numel, scalar, tensor, type Tensor } from "../tensor/index.ts";
import type { Context } from "./context.ts";
import type { ElementType } from "./elements.ts";
import { quote } from "./names.ts";
import { inOrder, type Operand } from "./operand.ts";

/** The smallest f32 that is not denormal: GPUs may take smaller ones for 0. */
const SMALLEST = 2 ** -126;

const ranges: Partial<Readonly<Record<ElementType, readonly [number, number]>>> = {
  int4: [-8, 7],
  uint4: [0, 15],
  int8: [-128, 127],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

/** The integers of a type; of any other than these those of uint8. */
export function rangeOf(type: ElementType): { readonly quantMin: number; readonly quantMax: number } {
  const [quantMin, quantMax] = ranges[type] ?? [0, 255];
  return { quantMin, quantMax };
}

function refuse(c: Context, code: KnownCode, problem: string, expected: string, got: string): never {
  throw new QuantizationError({ code, where: c.where, problem, expected, got });
}

/** One for each channel; with `isBlocked` for each block of a tensor, as many axes as it has. */
export interface Channels {
  readonly channels?: number | undefined;
  readonly isBlocked?: boolean;
}

/** How many values a scale has: 1, or one for each channel along `axis`. @throws QuantizationError */
function expectLength(c: Context, x: Operand, what: string, { channels, isBlocked = false }: Channels): number {
  const fixed = x.shape.every((d) => typeof d === "number");
  const length = fixed ? numel(x.shape) : 0;
  if ((x.shape.length > 1 && !isBlocked) || (length !== 1 && length !== channels))
    refuse(
      c,
      "bad-qparams",
      `the ${what} ${quote(x.name)} has the wrong length`,
      channels === undefined ? "one value" : `one value, or ${channels}`,
      `[${x.shape.join(", ")}]`,
    );
  return length;
}

/** Known scales. @throws QuantizationError for a scale that is 0, negative, NaN, infinite or denormal */
export function knownScale(c: Context, i: number, of: Channels = {}): Tensor<"f32"> {
  const x = c.input(i);
  c.expectType(x, "float", "float16");
  const length = expectLength(c, x, "scale", of);
  const { data } = c.known(i);
  const wrong = data.find((s) => !(s >= SMALLEST && s < Infinity));
  if (wrong !== undefined)
    refuse(c, "bad-scale", `the scale ${quote(x.name)} cannot be one`, "a finite number above 2^-126", String(wrong));
  return tensor("f32", [length], data as Float32Array);
}

/** Known zero points, 0 where the node leaves them out, and their element type. @throws QuantizationError | DTypeError */
export function knownZeroPoint(c: Context, i: number, type: ElementType, of: Channels = {}): Tensor<"i32"> {
  const x = c.optional(i);
  if (!x) return scalar("i32", 0);
  expectZeroPointType(c, x, type);
  const length = expectLength(c, x, "zero point", of);
  const { data } = c.known(i);
  if (type === "int32" && data.some((z) => z !== 0))
    refuse(c, "bad-zero-point", "zero points of int32 are 0", "0", String(data.find((z) => z !== 0)));
  return filled("i32", [length], (k) => data[k]!);
}

function expectZeroPointType(c: Context, x: Operand, type: ElementType): void {
  if (x.type !== type)
    throw new DTypeError({
      code: "dtype-mismatch",
      where: c.where,
      problem: `the zero point ${quote(x.name)} is of another element type than what it is the zero of`,
      expected: type,
      got: x.type,
    });
}

/** As many values as there are channels: one is repeated. */
export function spread<D extends "f32" | "i32">(t: Tensor<D>, channels: number): Tensor<D> {
  if (t.data.length === channels) return t;
  return filled(t.dtype, [channels], () => t.data[0]!);
}

/** The qparams of a tensor that has one scale: input i the scale, i + 1 the zero point. */
export function perTensor(c: Context, i: number, type: ElementType): Qparams {
  c.expectType({ ...c.input(i), type }, "int8", "uint8");
  return { dtype: type === "int8" ? "i8" : "u8", scale: knownScale(c, i), zeroPoint: knownZeroPoint(c, i + 1, type), ...rangeOf(type) };
}

/** A scale in the graph, f32 [k], known or computed. */
export function scaleValue(c: Context, i: number, of: Channels = {}): Value {
  const x = c.input(i);
  const { channels } = of;
  if (x.known) return c.constant(channels === undefined ? knownScale(c, i) : spread(knownScale(c, i, of), channels), "scale");
  c.expectType(x, "float");
  return vector(c, x, expectLength(c, x, "scale", of));
}

/** A zero point in the graph, i32 [k], known or computed. */
export function zeroPointValue(c: Context, i: number, type: ElementType, of: Channels = {}): Value {
  const x = c.optional(i);
  const { channels } = of;
  if (!x || x.known)
    return c.constant(channels === undefined ? knownZeroPoint(c, i, type) : spread(knownZeroPoint(c, i, type, of), channels), "zeroPoint");
  expectZeroPointType(c, x, type);
  const length = expectLength(c, x, "zero point", of);
  return x.zeroPoint ?? c.emit(cast, { x: vector(c, x, length) }, { to: "i32" }, "zeroPoint").y!;
}

/** So many numbers, whatever their shape, as a vector. */
function vector(c: Context, x: Operand, length: number): Value {
  if (x.made?.from.length === 1) return c.value({ ...x, shape: x.made.from });
  return x.shape.length === 1 ? c.value(x, inOrder(1)) : c.emit(reshape, { x: c.value(x) }, { shape: [length] }, "vector").y!;
}

const ONE = tensor("f32", [1], [1]);

/** Whole numbers as f32: a scale of 1 changes nothing. */
export const asF32 = (c: Context, x: Value): Value =>
  c.emit(dequantize, { x, scale: c.constant(ONE, "one"), zeroPoint: c.constant(scalar("i32", 0), "zero") }, {}, "float").y!;
