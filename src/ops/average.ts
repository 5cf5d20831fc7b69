/** What average pools share: which pixels a window holds, and by what its sum is divided. */
import { expectDType, expectFlag, expectRank, expectWhole, fixedDim } from "./check.ts";
import { f64Zeros } from "./host.ts";
import { inferPool2d, type Pool } from "./pool.ts";
import type { DType, TensorType } from "../tensor/index.ts";
import { expectList, type Window } from "./window.ts";

/** What of a window lies in the image along an axis, pixels first to end - 1, and what it counts for in the divisor. */
export interface Extent {
  readonly first: number;
  readonly end: number;
  readonly count: number;
}

export type AvgPool2dAttrs = {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | null;
};

export const avgPool2dDefaults: Partial<AvgPool2dAttrs> = {
  padding: [0, 0, 0, 0],
  ceilMode: false,
  countIncludePad: true,
  divisorOverride: null,
};

/** @throws ShapeError | DTypeError */
export function inferAvgPool2d(x: TensorType, attrs: AvgPool2dAttrs, where: string, ...dtypes: readonly DType[]): TensorType {
  expectFlag(where, "countIncludePad", attrs.countIncludePad);
  if (attrs.divisorOverride !== null) expectWhole(where, "divisorOverride", attrs.divisorOverride, 1);
  return inferPool2d(x, attrs, where, ...dtypes);
}

export type AdaptiveAvgPool2dAttrs = {
  /** [oh, ow] */
  readonly outputSize: readonly number[];
};

/** @throws ShapeError | DTypeError */
export function inferAdaptiveAvgPool2d(
  x: TensorType,
  { outputSize }: AdaptiveAvgPool2dAttrs,
  where: string,
  ...dtypes: readonly DType[]
): TensorType {
  expectDType(where, "x", x, ...dtypes);
  expectRank(where, "x", x, 4, "[n, h, w, c]");
  expectList(where, "outputSize", outputSize, "height, width", 1);
  for (const axis of [1, 2]) fixedDim(where, "x", x, axis);
  return { dtype: x.dtype, shape: [x.shape[0]!, ...outputSize, x.shape[3]!] };
}

export const poolOf = (attrs: AvgPool2dAttrs): Pool => ({
  window: attrs,
  countPadding: attrs.countIncludePad,
  divisor: attrs.divisorOverride,
});

/** Rows and columns of an average pool's windows. */
export type Extents = readonly [rows: readonly Extent[], columns: readonly Extent[]];

/** Padding counts where countIncludePad says so, but never what ceilMode lets stick out beyond it. */
export const slidingExtents = (
  image: readonly number[],
  output: readonly number[],
  { kernel, stride, padding, countIncludePad }: Window & { readonly countIncludePad: boolean },
): Extents =>
  along((axis) => {
    const size = image[axis + 1]!;
    const [before, after] = [padding[2 * axis]!, padding[2 * axis + 1]!];
    return Array.from({ length: output[axis + 1]! }, (_, o) => {
      const start = o * stride[axis]! - before;
      const [first, end] = [Math.max(start, 0), Math.min(start + kernel[axis]!, size)];
      return { first, end, count: countIncludePad ? Math.min(start + kernel[axis]!, size + after) - start : end - first };
    });
  });

/** floor(o * size / outputs) to ceil((o + 1) * size / outputs): windows that cover the image and overlap by less than a pixel. */
export const adaptiveExtents = (image: readonly number[], output: readonly number[]): Extents =>
  along((axis) => {
    const [size, outputs] = [image[axis + 1]!, output[axis + 1]!];
    return Array.from({ length: outputs }, (_, o) => {
      const [first, end] = [Math.floor((o * size) / outputs), Math.ceil(((o + 1) * size) / outputs)];
      return { first, end, count: end - first };
    });
  });

const along = (extents: (axis: 0 | 1) => readonly Extent[]): Extents => [extents(0), extents(1)];

/** The largest count of a window: the tables of divisors go up to it. */
export const largestCount = (extents: Extents): number =>
  extents.reduce((product, list) => product * list.reduce((most, e) => Math.max(most, e.count), 1), 1);

/**
 * Calls `visit(output element, first element of a row in the image, its number of pixels, count)` for each output pixel's
 * channel 0 and each row of its window, in order.
 */
export function forEachWindowRow(
  image: readonly number[],
  [rows, columns]: Extents,
  visit: (output: number, row: number, pixels: number, count: number) => void,
): void {
  const [n, h, w, c] = image as [number, number, number, number];
  let output = 0;
  for (let b = 0; b < n; b++)
    for (const r of rows)
      for (const k of columns) {
        for (let y = r.first; y < r.end; y++) visit(output, ((b * h + y) * w + k.first) * c, k.end - k.first, r.count * k.count);
        output += c;
      }
}

/** Averages of x [n, h, w, c], in f64. */
export function averages(
  x: Float32Array,
  image: readonly number[],
  output: readonly number[],
  extents: Extents,
  divisor: number | null,
): Float64Array {
  const c = image[3]!;
  const y = f64Zeros(output);
  forEachWindowRow(image, extents, (to, row, pixels, count) => {
    for (let i = 0; i < pixels * c; i++) y[to + (i % c)]! += x[row + i]! / (divisor ?? count);
  });
  return y;
}

/** The adjoint of `averages`. */
export function averageGradients(dy: Float32Array, image: readonly number[], extents: Extents, divisor: number | null): Float64Array {
  const c = image[3]!;
  const dx = f64Zeros(image);
  forEachWindowRow(image, extents, (from, row, pixels, count) => {
    for (let i = 0; i < pixels * c; i++) dx[row + i]! += dy[from + (i % c)]! / (divisor ?? count);
  });
  return dx;
}
