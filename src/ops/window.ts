/** Windows that slide over an NHWC image: what convolution and pooling share. Padding is [top, bottom, left, right]. */
import { ShapeError } from "../errors.ts";
import { sizes, type TensorType } from "../tensor/index.ts";
import { expectFlag, expectWhole, fixedDim } from "./check.ts";

export interface Window {
  /** [vertical, horizontal] */
  readonly kernel: readonly number[];
  /** [vertical, horizontal] */
  readonly stride: readonly number[];
  /** [top, bottom, left, right] */
  readonly padding: readonly number[];
  /** [vertical, horizontal] distance of neighbouring taps; [1, 1] where absent. */
  readonly dilation?: readonly number[];
  /** A last window that sticks out of the padded image counts, if it begins in the image or before it (pools alone). */
  readonly ceilMode?: boolean;
}

const DENSE = [1, 1];

/** Pixels that the taps of a window span along an axis. */
export const span = ({ kernel, dilation = DENSE }: Window, axis: 0 | 1): number => dilation[axis]! * (kernel[axis]! - 1) + 1;

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

/** Coordinates and pixel counts have to fit the shaders' i32. */
const LIMIT = 2 ** 31;

/**
 * Output height and width of a window over x [n, h, w, c]: floor((size + padding - span) / stride) + 1 with
 * span = dilation * (kernel - 1) + 1. ceilMode rounds up instead, but drops a last window that would begin in the padding
 * behind the image (PyTorch's rule).
 * @throws ShapeError for strides and dilations below 1, negative or fractional padding, padding that makes more pixels than
 * can be counted, a ceilMode that is no boolean, and a kernel larger than the padded image.
 */
export function windowOutput(where: string, x: TensorType, window: Window): readonly [number, number] {
  const { kernel, stride, padding, dilation = DENSE, ceilMode = false } = window;
  expectList(where, "kernel", kernel, "height, width", 1);
  expectList(where, "stride", stride, "vertical, horizontal", 1);
  expectList(where, "padding", padding, "top, bottom, left, right", 0);
  expectList(where, "dilation", dilation, "vertical, horizontal", 1);
  expectFlag(where, "ceilMode", ceilMode);
  const along = (axis: 0 | 1): number => {
    const image = fixedDim(where, "x", x, axis + 1);
    const before = padding[2 * axis]!;
    const size = image + before + padding[2 * axis + 1]!;
    const taps = span(window, axis);
    if (taps > size)
      throw new ShapeError({
        code: "kernel-too-large",
        where,
        problem: `the kernel is larger than the padded image`,
        expected: `at most ${size} along ${axis === 0 ? "the height" : "the width"}`,
        got: taps === kernel[axis] ? `${taps}` : `${kernel[axis]} taps, ${dilation[axis]} apart: ${taps}`,
      });
    const steps = (size - taps) / stride[axis]!;
    const last = ceilMode ? Math.ceil(steps) : Math.floor(steps);
    expectCountable(size + stride[axis]! + dilation[axis]!);
    return last * stride[axis]! < image + before || !ceilMode ? last + 1 : last;
  };
  const expectCountable = (count: number): void => {
    if (count >= LIMIT)
      throw new ShapeError({
        code: "bad-attribute",
        where,
        problem: "padding, stride and dilation reach further than pixels can be counted",
        expected: `fewer than ${LIMIT} pixels`,
        got: `padding [${padding.join(", ")}], stride [${stride.join(", ")}], dilation [${dilation.join(", ")}]`,
      });
  };
  const [oh, ow] = [along(0), along(1)];
  expectCountable(oh * ow);
  return [oh, ow];
}

/** The window of a convolution with this weight [oc, kh, kw, ic]. */
export const conv2dWindow = (weight: TensorType, { stride, padding, dilation = DENSE }: Omit<Window, "kernel">): Window => ({
  kernel: sizes(weight.shape.slice(1, 3)),
  stride,
  padding,
  dilation,
});

/**
 * Calls `visit(pixel, x, tap)` for every pair of an output pixel and a kernel tap that lies inside the image: pixel
 * counts [n, oh, ow], x is the offset of the input pixel's channel 0, tap counts [kh, kw]. Pixels in order, and taps in
 * order within a pixel, so sums over taps have one fixed order. Padding is skipped, which is the same as adding zeros.
 */
export function forEachTap(
  x: readonly number[],
  y: readonly number[],
  { kernel, stride, padding, dilation = DENSE }: Window,
  visit: (pixel: number, x: number, tap: number) => void,
): void {
  const [n, h, w, c] = x as [number, number, number, number];
  const [, oh, ow] = y as [number, number, number, number];
  const [kh, kw] = kernel as [number, number];
  const [sh, sw] = stride as [number, number];
  const [dh, dw] = dilation as [number, number];
  const [top, , left] = padding as [number, number, number, number];
  for (let b = 0, pixel = 0; b < n; b++)
    for (let oy = 0; oy < oh; oy++)
      for (let ox = 0; ox < ow; ox++, pixel++)
        for (let ky = 0; ky < kh; ky++) {
          const iy = oy * sh - top + ky * dh;
          if (iy < 0 || iy >= h) continue;
          for (let kx = 0; kx < kw; kx++) {
            const ix = ox * sw - left + kx * dw;
            if (ix >= 0 && ix < w) visit(pixel, ((b * h + iy) * w + ix) * c, ky * kw + kx);
          }
        }
}
