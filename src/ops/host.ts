/** Host-tensor helpers of the references: plain f32 data in, plain f32 tensors out. */
import { allocated, formatShape, numel, sizes, zeros, type Shape, type Tensor } from "../tensor/index.ts";

/** The data of an f32 tensor; `infer` has checked the dtype. */
export const f32Data = (t: Tensor | undefined): Float32Array => t!.data as Float32Array;
export const i32Data = (t: Tensor | undefined): Int32Array => t!.data as Int32Array;

export const zerosLike = (t: Tensor): Tensor<"f32"> => zeros("f32", sizes(t.shape));

/** An f32 tensor from sums in f64: each element is rounded once. */
export const rounded = (shape: Shape, sums: Float64Array): Tensor<"f32"> => {
  const y = zeros("f32", sizes(shape));
  y.data.set(sums);
  return y;
};

/** @throws OutOfMemoryError */
export const f64Zeros = (shape: Shape): Float64Array =>
  allocated(`sums of ${formatShape(shape)}`, 8 * numel(shape), () => new Float64Array(numel(shape)));
