/** Windows for the cases of pools. */
import type { Random } from "../../src/numerics/random.ts";

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

export const RANDOM_CHANNELS = [1, 2, 3, 4, 5, 7, 8, 31, 33];
