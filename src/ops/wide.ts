/**
 * Numbers of 64 bits, f64 and u64, as tensors hold them: u32, two words a number, the low one first, in a trailing axis of 2.
 * So the words are `new Uint32Array(numbers.buffer)` of a Float64Array or BigUint64Array.
 */
import { ShapeError } from "../errors.ts";
import { expectDType } from "./check.ts";
import { copyOf, formatType, sizes, tensor, type Shape, type Tensor, type TensorType } from "../tensor/index.ts";

export type WideType = "f64" | "u64";
export const wideTypes: readonly string[] = ["f64", "u64"] satisfies WideType[];

/** The shape without the axis of words. @throws DTypeError | ShapeError unless `t` has one */
export function wideShape(where: string, input: string, t: TensorType): Shape {
  expectDType(where, input, t, "u32");
  if (t.shape.at(-1) !== 2)
    throw new ShapeError({
      code: "shape-mismatch",
      where,
      problem: `${input} must hold two words a number, the low one first`,
      expected: "a trailing axis of 2",
      got: formatType(t),
    });
  return t.shape.slice(0, -1);
}

/** A copy: the words themselves may lie at an odd address. */
const bytesOf = (t: Tensor): ArrayBuffer => copyOf(t).data.buffer as ArrayBuffer;
export const f64sOf = (t: Tensor): Float64Array => new Float64Array(bytesOf(t));
export const u64sOf = (t: Tensor): BigUint64Array => new BigUint64Array(bytesOf(t));

/** The numbers as a tensor of words. Every NaN is the one of these bits. */
export function wideTensor(shape: Shape, values: Float64Array | BigUint64Array): Tensor<"u32"> {
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  values.forEach((v: number | bigint, i: number) => {
    if (Number.isNaN(v)) words.set([0, 0x7ff80000], 2 * i);
  });
  return tensor("u32", [...sizes(shape), 2], words);
}
