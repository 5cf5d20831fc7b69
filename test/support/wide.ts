/** Tensors of 64-bit numbers, as words, and numbers that are hard on their arithmetic. */
import { f64sOf, u64sOf } from "../../src/ops/wide.ts";
import type { Random } from "../../src/numerics/random.ts";
import { numel, tensor, type Tensor } from "../../src/tensor/index.ts";

type Shape = readonly number[];
const words = (shape: Shape, bytes: ArrayBuffer): Tensor<"u32"> => tensor("u32", [...shape, 2], new Uint32Array(bytes));

export const f64s = (shape: Shape, values: Iterable<number>): Tensor<"u32"> => words(shape, Float64Array.from(values).buffer);
export const u64s = (shape: Shape, values: Iterable<bigint>): Tensor<"u32"> => words(shape, BigUint64Array.from(values).buffer);
/** A list of them. */
export const f64 = (...values: number[]): Tensor<"u32"> => f64s([values.length], values);
export const u64 = (...values: bigint[]): Tensor<"u32"> => u64s([values.length], values);

export const SMALLEST = 5e-324;
export const LEAST_NORMAL = 2 ** -1022;
export const MOST = Number.MAX_VALUE;

const bitsOf = (v: number): bigint => new BigUint64Array(Float64Array.of(v).buffer)[0]!;
const ofBits = (bits: bigint): number => new Float64Array(BigUint64Array.of(BigInt.asUintN(64, bits)).buffer)[0]!;
/** The number so many places further in the order of bit patterns. */
export const stepped = (v: number, steps: number): number => ofBits(bitsOf(v) + BigInt(steps));

const edges = [0, SMALLEST, 3 * SMALLEST, LEAST_NORMAL, stepped(LEAST_NORMAL, -1), 1, 1.5, 2 ** 53, 2 ** 63, 2 ** 64, MOST, Infinity, NaN];

/** Any bits; few bits far apart; whole numbers; the ends of the ranges, and what lies next to them. */
export function drawF64(r: Random): number {
  const sign = r.pick([1, -1]);
  const bits = ofBits((BigInt(r.u32()) << 32n) | BigInt(r.u32()));
  const sparse = (1 + r.pick([0, 2 ** -52, 2 ** -53, 2 ** -24, 2 ** -25, 2 ** -11, 1 - 2 ** -52])) * 2 ** r.int(-1074, 1023);
  const near = (1 + r.pick([0, 2 ** -52, 0.5, r.uniform(0, 1)])) * 2 ** r.int(-60, 66);
  return r.pick([bits, sign * sparse, sign * near, sign * near, r.int(-300, 300) / r.pick([1, 2, 4]), sign * r.pick(edges)]);
}

/** What is hard beside `a`: close in size, half a unit or a little beside it, far apart, anything. */
export function drawBeside(r: Random, a: number): number {
  const unit = Math.abs(stepped(a, 1) - a);
  const part = unit * r.pick([0.5, 0.25, 0.75, 1, 1.5, 0.5 + 2 ** -20, 0.5 - 2 ** -30, 0.5 - 2 ** -53]);
  const sign = r.pick([1, -1]);
  return r.pick([stepped(-a, r.int(-2, 2)), sign * stepped(a, r.int(-3, 3)), sign * part, sign * a * 2 ** r.int(-70, 3), drawF64(r)]);
}

/** Any bits, and few bits at the borders of the words. */
export function drawU64(r: Random): bigint {
  const any = (BigInt(r.u32()) << 32n) | BigInt(r.u32());
  const power = 1n << BigInt(r.int(0, 63));
  const v = r.pick([any, any >> BigInt(r.int(0, 63)), power, power - 1n, power + BigInt(r.int(-3, 3)), BigInt(r.int(0, 5))]);
  return r.pick([v, v, v, ~v]) & (2n ** 64n - 1n);
}

const times = <T>(shape: Shape, of: () => T): T[] => Array.from({ length: numel(shape) }, of);
export const randomWide = (r: Random, type: "f64" | "u64", shape: Shape): Tensor<"u32"> =>
  type === "f64"
    ? f64s(
        shape,
        times(shape, () => drawF64(r)),
      )
    : u64s(
        shape,
        times(shape, () => drawU64(r)),
      );

/** Each element hard beside the one of t. */
export const besideWide = (r: Random, type: "f64" | "u64", t: Tensor): Tensor<"u32"> => {
  const shape = t.shape.slice(0, -1);
  if (type === "f64")
    return f64s(
      shape,
      Array.from(f64sOf(t), (a) => drawBeside(r, a)),
    );
  return u64s(
    shape,
    Array.from(u64sOf(t), (a) => r.pick([a, BigInt.asUintN(64, -a), a + BigInt(r.int(-1, 1)), drawU64(r)]) & (2n ** 64n - 1n)),
  );
};
