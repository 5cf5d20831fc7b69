/** Windows for the cases of pools. */
import type { Random } from "../../src/numerics/random.ts";
import { filled, tensor, type Tensor } from "../../src/tensor/index.ts";

export interface RandomPool {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly ceilMode: boolean;
}

/** A window for images up to `largest` pixels a side, and sides [h, w] for which each window meets the image. */
export function randomPool(r: Random, largest: number, dilated = true): { readonly window: RandomPool; readonly image: readonly number[] } {
  const axis = (): { kernel: number; stride: number; dilation: number; before: number; after: number; size: number } => {
    const kernel = r.int(1, 4);
    const dilation = dilated ? r.pick([1, 1, 2, 3]) : 1;
    const [span, size] = [dilation * (kernel - 1) + 1, r.int(Math.max(1, dilation), largest)];
    const [before, after] = [r.int(0, span - 1), r.int(0, span - 1)];
    const fits = before + size + after >= span;
    return { kernel, dilation, stride: r.int(1, 4), size: fits ? size : Math.max(size, span), before, after };
  };
  const [y, x] = [axis(), axis()];
  return {
    window: {
      kernel: [y.kernel, x.kernel],
      stride: [y.stride, x.stride],
      padding: [y.before, y.after, x.before, x.after],
      dilation: [y.dilation, x.dilation],
      ceilMode: r.int(0, 1) === 1,
    },
    image: [y.size, x.size],
  };
}

/** A window of 2 or 3 by 2 or 3 pixels that moves on by 1 or 2, and sides, now and then more rows than a thread takes. */
export function narrowPool(r: Random): { readonly window: RandomPool; readonly image: readonly number[] } {
  const [ky, kx] = [r.int(2, 3), r.int(2, 3)];
  const padding = [r.int(0, ky - 1), r.int(0, ky - 1), r.int(0, kx - 1), r.int(0, kx - 1)];
  const window = { kernel: [ky, kx], stride: [r.int(1, 2), r.int(1, 2)], padding, dilation: [1, 1], ceilMode: r.int(0, 1) === 1 };
  return { window, image: [r.int(0, 5) === 0 ? r.int(33, 70) : r.int(ky, 9), r.int(kx, 9)] };
}

/** A window of up to 13 by 9 pixels that overlaps with the next by half of them or more, or is 1 pixel along one axis, and sides. */
export function largePool(r: Random): { readonly window: RandomPool; readonly image: readonly number[] } {
  const axis = (k: number): { k: number; stride: number; before: number; after: number; size: number } => {
    if (r.int(0, 5) === 0) return { k: 1, stride: 1, before: 0, after: 0, size: r.int(1, 5) };
    const [before, after, size] = [r.int(0, k - 1), r.int(0, k - 1), r.int(1, 19)];
    return { k, stride: k < 4 ? 1 : r.int(1, 2), before, after, size: before + size + after >= k ? size : k };
  };
  const [y, x] = [axis(r.int(2, 13)), axis(r.int(2, 9))];
  const padding = [y.before, y.after, x.before, x.after];
  const window = { kernel: [y.k, x.k], stride: [y.stride, x.stride], padding, dilation: [1, 1], ceilMode: r.int(0, 1) === 1 };
  return { window, image: [y.size, x.size] };
}

export const RANDOM_CHANNELS = [1, 2, 3, 4, 5, 7, 8, 31, 33];

/** NaN with either sign, two of them with different payloads, and infinities. */
const [QUIET, NEGATIVE, SIGNALLING, INFINITE, LEAST] = [0x7fc00000, 0xffc00001, 0x7fa00001, 0x7f800000, 0xff800000];
const bitsTensor = (shape: readonly number[], bits: readonly number[]): Tensor<"f32"> =>
  tensor("f32", shape, new Float32Array(Uint32Array.from(bits).buffer));

export const EXTREMES = bitsTensor(
  [1, 3, 3, 2],
  [
    QUIET,
    0x80000000,
    NEGATIVE,
    0,
    0,
    0x80000000,
    NEGATIVE,
    1,
    QUIET,
    INFINITE,
    0,
    0x80000001,
    SIGNALLING,
    LEAST,
    INFINITE,
    LEAST,
    0x3f800000,
    LEAST,
  ],
);

/** 1, 2, 3, ...: a gradient of which each part is told from the others in a sum. */
export const numbered = (shape: readonly number[]): Tensor<"f32"> => filled("f32", shape, (i) => i + 1);

/** Few different values, so that ties are everywhere. */
export const coarse = (x: Tensor<"f32">): Tensor<"f32"> => tensor("f32", x.shape, x.data.map(Math.round));
