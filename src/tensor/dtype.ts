/** Element types. 8-bit values are stored four to a u32 on the GPU (storage.ts); on the host each has its own element. */
import { OutOfMemoryError, ShapeError } from "../errors.ts";

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

/**
 * What `make` returns, which does nothing but ask the host for memory: whatever it throws (a RangeError in most engines, with a
 * text of their own) means that there is none.
 * @throws OutOfMemoryError
 */
export function allocated<T>(where: string, bytes: number, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new OutOfMemoryError({ code: "out-of-memory", where, problem: "the host had no memory", expected: `${bytes} bytes`, got, cause });
  }
}

/** @throws ShapeError for more elements than an i32 can count; OutOfMemoryError */
export function allocate<D extends DType>(dtype: D, length: number, where = "tensor"): DataOf[D] {
  const make = constructors[dtype];
  if (length < 2 ** 31) return allocated(where, length * make.BYTES_PER_ELEMENT, () => new make(length)) as DataOf[D];
  throw new ShapeError({
    code: "too-large",
    where,
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
