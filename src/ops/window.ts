/** Windows that slide over an NHWC image: what convolution and pooling share. Padding is [top, bottom, left, right]. */
import { ShapeError } from "../errors.ts";
import { sizes, type TensorType } from "../tensor/index.ts";
import { expectWhole, fixedDim } from "./check.ts";

export interface Window {
  /** [vertical, horizontal] */
  readonly kernel: readonly number[];
  /** [vertical, horizontal] */
  readonly stride: readonly number[];
  /** [top, bottom, left, right] */
  readonly padding: readonly number[];
}

/** @throws ShapeError unless `list` has one whole number >= `min` per name in `axes`: "height, width". */
export function expectList(where: string, name: string, list: readonly number[], axes: string, min: number): void {
  const length = axes.split(",").length;
  if (!Array.isArray(list) || list.length !== length)
    throw new ShapeError({
      code: "bad-attribute",
      where,
      problem: `${name} must be [${axes}]`,
      expected: `${length} numbers`,
      got: JSON.stringify(list),
    });
  for (const v of list) expectWhole(where, name, v, min);
}

/**
 * Output height and width of a window over x [n, h, w, c]: floor((size + padding - kernel) / stride) + 1.
 * @throws ShapeError for strides below 1, negative or fractional padding, and a kernel larger than the padded image.
 */
export function windowOutput(where: string, x: TensorType, { kernel, stride, padding }: Window): readonly [number, number] {
  expectList(where, "kernel", kernel, "height, width", 1);
  expectList(where, "stride", stride, "vertical, horizontal", 1);
  expectList(where, "padding", padding, "top, bottom, left, right", 0);
  const along = (axis: 0 | 1): number => {
    const size = fixedDim(where, "x", x, axis + 1) + padding[2 * axis]! + padding[2 * axis + 1]!;
    if (kernel[axis]! > size)
      throw new ShapeError({
        code: "kernel-too-large",
        where,
        problem: `the kernel is larger than the padded image`,
        expected: `at most ${size} along ${axis === 0 ? "the height" : "the width"}`,
        got: `${kernel[axis]}`,
      });
    return Math.floor((size - kernel[axis]!) / stride[axis]!) + 1;
  };
  return [along(0), along(1)];
}

/** The window of a convolution with this weight [oc, kh, kw, ic]. */
export const conv2dWindow = (weight: TensorType, { stride, padding }: Omit<Window, "kernel">): Window => ({
  kernel: sizes(weight.shape.slice(1, 3)),
  stride,
  padding,
});

/**
 * Calls `visit(pixel, x, tap)` for every pair of an output pixel and a kernel tap that lies inside the image: pixel
 * counts [n, oh, ow], x is the offset of the input pixel's channel 0, tap counts [kh, kw]. Pixels in order, and taps in
 * order within a pixel, so sums over taps have one fixed order. Padding is skipped, which is the same as adding zeros.
 */
export function forEachTap(
  x: readonly number[],
  y: readonly number[],
  { kernel, stride, padding }: Window,
  visit: (pixel: number, x: number, tap: number) => void,
): void {
  const [n, h, w, c] = x as [number, number, number, number];
  const [, oh, ow] = y as [number, number, number, number];
  const [kh, kw] = kernel as [number, number];
  const [sh, sw] = stride as [number, number];
  const [top, , left] = padding as [number, number, number, number];
  for (let b = 0, pixel = 0; b < n; b++)
    for (let oy = 0; oy < oh; oy++)
      for (let ox = 0; ox < ow; ox++, pixel++)
        for (let ky = 0; ky < kh; ky++) {
          const iy = oy * sh - top + ky;
          if (iy < 0 || iy >= h) continue;
          for (let kx = 0; kx < kw; kx++) {
            const ix = ox * sw - left + kx;
            if (ix >= 0 && ix < w) visit(pixel, ((b * h + iy) * w + ix) * c, ky * kw + kx);
          }
        }
}
