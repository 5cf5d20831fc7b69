/**
 * The storage rule, the only place that knows it: how a tensor lies in a GPU buffer of u32 words.
 * - f32, i32, u32: one word an element, row-major, no padding.
 * - i8, u8: four elements a word along the innermost axis, element 0 in the lowest byte; the innermost axis is padded to
 *   a multiple of 4. Padding lanes are 0 in what the host uploads and in what every kernel writes.
 */
import { allocate, isPacked } from "./dtype.ts";
import { formatType, numel, sizes, type TensorType } from "./type.ts";
import { tensor, type Tensor } from "./tensor.ts";

/** Length of the innermost axis, and how many rows of it there are. Rank 0 is one row of one. */
function rows(t: TensorType): { inner: number; outer: number } {
  const inner = sizes(t.shape).at(-1) ?? 1;
  return { inner, outer: inner === 0 ? 0 : numel(t.shape) / inner };
}

/** Words that a tensor of this (bound) type takes. */
export function storageWords(t: TensorType): number {
  if (!isPacked(t.dtype)) return numel(t.shape);
  const { inner, outer } = rows(t);
  return outer * Math.ceil(inner / 4);
}

/** Bytes that a tensor of this (bound) type takes in a GPU buffer; never 0, for a binding cannot be empty. */
export const storageBytes = (t: TensorType): number => Math.max(4, storageWords(t) * 4);

/** The words of a host tensor. For unpacked types a view, not a copy. */
export function toWords(t: Tensor): Uint32Array {
  if (!isPacked(t.dtype)) return new Uint32Array(t.data.buffer, t.data.byteOffset, t.data.length);
  const { inner, outer } = rows(t);
  const stride = Math.ceil(inner / 4) * 4;
  const words = allocate("u32", (outer * stride) / 4, formatType(t));
  const bytes = new Uint8Array(words.buffer);
  const source = new Uint8Array(t.data.buffer, t.data.byteOffset, t.data.length);
  if (stride === inner) bytes.set(source);
  else for (let r = 0; r < outer; r++) bytes.set(source.subarray(r * inner, (r + 1) * inner), r * stride);
  return words;
}

/** The host tensor that `words` hold. Copies, so that a mapped buffer may be unmapped afterwards. */
export function fromWords(t: TensorType, words: Uint32Array): Tensor {
  const shape = sizes(t.shape);
  const data = allocate(t.dtype, numel(shape), formatType(t));
  const target = new Uint8Array(data.buffer);
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  if (!isPacked(t.dtype)) target.set(bytes.subarray(0, target.length));
  else {
    const { inner, outer } = rows(t);
    const stride = Math.ceil(inner / 4) * 4;
    for (let r = 0; r < outer; r++) target.set(bytes.subarray(r * stride, r * stride + inner), r * inner);
  }
  return tensor(t.dtype, shape, data);
}
