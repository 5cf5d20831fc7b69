/**
 * y = a op b of numbers of 64 bits (wide.ts): `operation` is add, sub, mul or div. f64 as IEEE 754 has it, rounded half to even,
 * subnormals kept, every NaN the same; u64 modulo 2^64, div cuts the fraction off and a / 0 is a. Either side broadcast as in
 * PyTorch (shapes aligned at the right, sizes equal or 1). WGSL has neither type: the kernel computes both in u32.
 */
import shader from "../../shaders/wideBinary.wgsl";
import { ShapeError } from "../errors.ts";
import { broadcastVariant } from "./binary.ts";
import { broadcastShape, broadcastStrides, forEachRow } from "./broadcast.ts";
import { f64Zeros } from "./host.ts";
import type { OpDef, TensorType } from "./op.ts";
import { f64sOf, u64sOf, wideShape, wideTensor, wideTypes, type WideType } from "./wide.ts";
import { formatType, sizes, zeros, type Shape, type Tensor } from "../tensor/index.ts";

const floats = {
  add: (a: number, b: number): number => a + b,
  sub: (a: number, b: number): number => a - b,
  mul: (a: number, b: number): number => a * b,
  div: (a: number, b: number): number => a / b,
};
/** The array that holds y takes the lowest 64 bits. */
const wholes = {
  add: (a: bigint, b: bigint): bigint => a + b,
  sub: (a: bigint, b: bigint): bigint => a - b,
  mul: (a: bigint, b: bigint): bigint => a * b,
  div: (a: bigint, b: bigint): bigint => (b === 0n ? a : a / b),
};
const names = Object.keys(floats) as readonly WideOperation[];

export type WideOperation = keyof typeof floats;
export type WideBinaryAttrs = { readonly type: WideType; readonly operation: WideOperation };

/** Axes that the kernel walks. */
const MAX_RANK = 6;

/** Of the numbers. @throws ShapeError | DTypeError */
function shapeOf(where: string, a: TensorType, b: TensorType): Shape {
  const shape = broadcastShape(where, wideShape(where, "a", a), wideShape(where, "b", b));
  if (shape.length > MAX_RANK)
    throw new ShapeError({
      code: "rank-mismatch",
      where,
      problem: "too many axes",
      expected: `at most ${MAX_RANK}, and that of the words`,
      got: `${formatType(a)}, ${formatType(b)}`,
    });
  return shape;
}

/** Calls `put` for each element of y with its place and those of its operands. */
function forEach(shape: readonly number[], a: Tensor, b: Tensor, put: (y: number, a: number, b: number) => void): void {
  const strides = [a, b].map((x) => broadcastStrides(x.shape.slice(0, -1), shape));
  const [stepA, stepB] = strides.map((s) => s.at(-1) ?? 0) as [number, number];
  const inner = shape.at(-1) ?? 1;
  forEachRow(shape, strides, (row, [fromA, fromB]) => {
    for (let i = 0; i < inner; i++) put(row + i, fromA! + i * stepA, fromB! + i * stepB);
  });
}

export const wideBinary: OpDef<WideBinaryAttrs> = {
  name: "wideBinary",
  inputs: ["a", "b"],
  outputs: ["y"],
  quantization: "float",

  infer({ a, b }, { type, operation }, where) {
    for (const [name, value, expected] of [["type", type, wideTypes] as const, ["operation", operation, names] as const])
      if (!expected.includes(value as never))
        throw new ShapeError({
          code: "bad-attribute",
          where,
          problem: `${name} is unknown`,
          expected: expected.join(", "),
          got: String(value).slice(0, 20),
        });
    return { y: { dtype: "u32", shape: [...shapeOf(where, a!, b!), 2] } };
  },

  reference({ a, b }, { type, operation }) {
    const shape = sizes(shapeOf("wideBinary", a!, b!));
    if (type === "f64") {
      const [left, right, y, of] = [f64sOf(a!), f64sOf(b!), f64Zeros(shape), floats[operation]];
      forEach(shape, a!, b!, (i, j, k) => (y[i] = of(left[j]!, right[k]!)));
      return { y: wideTensor(shape, y) };
    }
    const [left, right, y, of] = [u64sOf(a!), u64sOf(b!), u64sOf(zeros("u32", [...shape, 2])), wholes[operation]];
    forEach(shape, a!, b!, (i, j, k) => (y[i] = of(left[j]!, right[k]!)));
    return { y: wideTensor(shape, y) };
  },

  kernel({ a, b }, { type, operation }, device) {
    const constants = { FUNCTION: names.indexOf(operation), FLOAT: type === "f64" };
    const [left, right] = [a!, b!].map((x) => sizes(x.shape).slice(0, -1)) as [number[], number[]];
    return [broadcastVariant(shader, left, right, { constants, params: {} }, device)];
  },
};
