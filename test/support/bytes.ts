/** Tensors of integers for cases of ops that only move elements: every byte value occurs, neighbours differ. */
import { allocate, numel, tensor, type Tensor } from "../../src/tensor/index.ts";

export function bytes(dtype: "i8" | "u8" | "i32", ...shape: number[]): Tensor {
  const data = allocate(dtype, numel(shape));
  return tensor(
    dtype,
    shape,
    data.map((_, i) => (i * 37 + 11) % 256),
  );
}
