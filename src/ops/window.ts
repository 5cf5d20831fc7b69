/** Windows that slide over an NHWC image: what convolution and pooling share. Padding is [top, bottom, left, right]. */
import { ShapeError } from "../errors.ts";
import type { TensorType } from "../tensor/index.ts";
import { expectWhole, fixedDim } from "./check.ts";

export interface WindowAttrs {
  /** [vertical, horizontal] */
  readonly stride: readonly number[];
  /** [top, bottom, left, right] */
  readonly padding: readonly number[];
}

function expectList(where: string, name: string, list: readonly number[], axes: string, min: number): void {
  const length = axes.split(",").length;
  if (!Array.isArray(list) || list.length !== length)
    throw new ShapeError({ code: "bad-attribute", where, problem: `${name} must be [${axes}]`, expected: `${length} numbers`, got: JSON.stringify(list) });
  for (const v of list) expectWhole(where, name, v, min);
}

/**
 * Output height and width of a window over x [n, h, w, c]: floor((size + padding - kernel) / stride) + 1.
 * @throws ShapeError for strides below 1, negative or fractional padding, and a kernel larger than the padded image.
 */
export function windowOutput(
  where: string,
  x: TensorType,
  kernel: readonly number[],
  { stride, padding }: WindowAttrs,
): readonly [number, number] {
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
