/**
 * y = a op b of whole numbers, i32 or u32, modulo 2^32: `operation` is add, sub, mul, or div, which cuts the fraction off. As in
 * WGSL a / 0 is a, and -2^31 / -1 is -2^31. Either side broadcast as in PyTorch (shapes aligned at the right, sizes equal or 1).
 */
import shader from "../../shaders/integerBinary.wgsl";
import { DTypeError, ShapeError } from "../errors.ts";
import { broadcastVariant } from "./binary.ts";
import { broadcastShape, broadcastStrides, forEachRow } from "./broadcast.ts";
import { expectDType } from "./check.ts";
import type { OpDef, TensorType } from "./op.ts";
import { allocate, formatType, numel, sizes, tensor, type Shape } from "../tensor/index.ts";

/** Each on 32 bits, as numbers or signed; the array that holds y makes them unsigned. */
const operations = {
  add: (a: number, b: number): number => (a + b) | 0,
  sub: (a: number, b: number): number => (a - b) | 0,
  mul: (a: number, b: number): number => Math.imul(a, b),
  div: (a: number, b: number): number => (b === 0 ? a : Math.trunc(a / b)) | 0,
};
const names = Object.keys(operations) as readonly IntegerOperation[];

export type IntegerOperation = keyof typeof operations;
export type IntegerBinaryAttrs = { readonly operation: IntegerOperation };

/** Axes that the kernel walks. */
const MAX_RANK = 6;

/** @throws ShapeError | DTypeError */
function shapeOf(where: string, a: TensorType, b: TensorType): Shape {
  expectDType(where, "a", a, "i32", "u32");
  if (a.dtype !== b.dtype)
    throw new DTypeError({
      code: "dtype-mismatch",
      where,
      problem: "a and b must be of one element type",
      expected: a.dtype,
      got: formatType(b),
    });
  const shape = broadcastShape(where, a.shape, b.shape);
  if (shape.length > MAX_RANK)
    throw new ShapeError({ code: "rank-mismatch", where, problem: "too many axes", expected: `at most ${MAX_RANK}`, got: formatType(a) });
  return shape;
}

export const integerBinary: OpDef<IntegerBinaryAttrs> = {
  name: "integerBinary",
  inputs: ["a", "b"],
  outputs: ["y"],
  quantization: "float",

  infer({ a, b }, { operation }, where) {
    if (!names.includes(operation))
      throw new ShapeError({
        code: "bad-attribute",
        where,
        problem: "operation is unknown",
        expected: names.join(", "),
        got: String(operation).slice(0, 20),
      });
    return { y: { dtype: a!.dtype, shape: shapeOf(where, a!, b!) } };
  },

  reference({ a, b }, { operation }) {
    const shape = sizes(shapeOf("integerBinary", a!, b!));
    const y = allocate(a!.dtype, numel(shape));
    const strides = [a!, b!].map((x) => broadcastStrides(x.shape, shape));
    const [stepA, stepB] = strides.map((s) => s.at(-1) ?? 0) as [number, number];
    const of = operations[operation];
    const inner = shape.at(-1) ?? 1;
    forEachRow(shape, strides, (row, [fromA, fromB]) => {
      for (let i = 0; i < inner; i++) y[row + i] = of(a!.data[fromA! + i * stepA]!, b!.data[fromB! + i * stepB]!);
    });
    return { y: tensor(a!.dtype, shape, y) };
  },

  kernel({ a, b }, { operation }, device) {
    const constants = { FUNCTION: names.indexOf(operation), UNSIGNED: a!.dtype === "u32" };
    return [broadcastVariant(shader, sizes(a!.shape), sizes(b!.shape), { constants, params: {} }, device)];
  },
};
