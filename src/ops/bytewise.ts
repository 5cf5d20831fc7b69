/** What the ops on tensors of 8-bit elements share whose kernels go word by word. */
import { filled, sizes, storageWords, type DType, type Tensor, type TensorType } from "../tensor/index.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, KernelCall } from "./op.ts";
import { SIGNS } from "./requantized.ts";

/** What maps bytes of this type to unsigned ones in the same order, and back. */
export const flipOf = ({ dtype }: Pick<TensorType, "dtype">): number => (dtype === "i8" ? SIGNS : 0);
/** What maps bytes of this type to signed ones in the same order, and back. */
export const signedFlipOf = ({ dtype }: Pick<TensorType, "dtype">): number => (dtype === "u8" ? SIGNS : 0);

/** Grid and Params of a kernel whose threads take every threads-th word of `t`: more words for each where threads are few. */
export function wordGrid(
  t: TensorType,
  device: DeviceInfo,
): Pick<KernelCall, "workgroups"> & { readonly params: { readonly words: number; readonly threads: number; readonly channels: number } } {
  const words = storageWords(t);
  const threads = ceilDiv(words, device.software ? 16 : 4);
  return { params: { words, threads, channels: sizes(t.shape).at(-1) ?? 1 }, workgroups: dispatch1d(threads, 64, device) };
}

/** The tensor of `of` each element; results must fit the element type. */
export const mapped = (x: Tensor, dtype: DType, of: (v: number) => number): Tensor => filled(dtype, x.shape, (i) => of(x.data[i]!));
