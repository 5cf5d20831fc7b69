/** Element types. 8-bit values are stored four to a u32 on the GPU (storage.ts); on the host each has its own element. */
import { ShapeError } from "../errors.ts";

export type DType = "f32" | "i32" | "u32" | "i8" | "u8";

export type DataOf = {
  f32: Float32Array;
  i32: Int32Array;
  u32: Uint32Array;
  i8: Int8Array;
  u8: Uint8Array;
};
export type Data = DataOf[DType];

const constructors = { f32: Float32Array, i32: Int32Array, u32: Uint32Array, i8: Int8Array, u8: Uint8Array };

/** @throws ShapeError for more elements than an i32 can count */
export function allocate<D extends DType>(dtype: D, length: number): DataOf[D] {
  if (length < 2 ** 31) return new constructors[dtype](length) as DataOf[D];
  throw new ShapeError({
    code: "too-large",
    where: "tensor",
    problem: "has too many elements",
    expected: "at most 2147483647",
    got: String(length),
  });
}

export function isDataOf<D extends DType>(dtype: D, data: unknown): data is DataOf[D] {
  return data instanceof constructors[dtype];
}

/** True for the types that the storage rule packs four to a word. */
export const isPacked = (dtype: DType): dtype is "i8" | "u8" => dtype === "i8" || dtype === "u8";
