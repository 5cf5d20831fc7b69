/**
 * dx[n, y, x, c] = sum of dy over the block of scale[0] x scale[1] pixels that comes from the pixel, row by row: the gradient
 * of upsampleNearest2d. dy f32 [n, h * scale[0], w * scale[1], c], dx [n, h, w, c]. The reference sums in f64 and rounds once.
 */
import shader from "../../shaders/upsampleNearest2dBackward.wgsl";
import { ShapeError } from "../errors.ts";
import { expectDType, expectRank, fixedDim } from "./check.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import type { OpDef, TensorType } from "./op.ts";
import { blocksVariant, expectScale, type UpsampleAttrs } from "./upsample.ts";
import { formatType, sizes } from "../tensor/index.ts";

function sourceType(dy: TensorType, attrs: UpsampleAttrs, where: string): TensorType {
  expectRank(where, "dy", dy, 4, "[n, h, w, c]");
  expectScale(where, attrs);
  const [h, w] = [1, 2].map((axis) => fixedDim(where, "dy", dy, axis) / attrs.scale[axis - 1]!) as [number, number];
  fixedDim(where, "dy", dy, 3);
  if (!Number.isInteger(h) || !Number.isInteger(w))
    throw new ShapeError({
      code: "shape-mismatch",
      where,
      problem: "dy is not made of whole blocks",
      expected: `height and width in multiples of ${attrs.scale.join(" and ")}`,
      got: formatType(dy),
    });
  return { dtype: dy.dtype, shape: [dy.shape[0]!, h, w, dy.shape[3]!] };
}

export const upsampleNearest2dBackward: OpDef<UpsampleAttrs> = {
  name: "upsampleNearest2dBackward",
  inputs: ["dy"],
  outputs: ["dx"],
  quantization: "float",
  defaults: { scale: [2, 2] },

  infer({ dy }, attrs, where) {
    expectDType(where, "dy", dy!, "f32");
    return { dx: sourceType(dy!, attrs, where) };
  },

  reference({ dy }, attrs) {
    const [lines, width, c] = sizes(dy!.shape).slice(1) as [number, number, number];
    const [sy, sx] = attrs.scale as [number, number];
    const shape = sizes(sourceType(dy!, attrs, "upsampleNearest2dBackward").shape);
    const [values, sums] = [f32Data(dy), f64Zeros(shape)];
    for (let i = 0; i < values.length; i++) {
      const pixel = Math.floor(i / c);
      const line = Math.floor(pixel / width);
      const [image, oy, ox] = [Math.floor(line / lines), line % lines, pixel % width];
      sums[((image * shape[1]! + Math.floor(oy / sy)) * shape[2]! + Math.floor(ox / sx)) * c + (i % c)]! += values[i]!;
    }
    return { dx: rounded(shape, sums) };
  },

  kernel: ({ dy }, attrs, device) => [blocksVariant(shader, sourceType(dy!, attrs, "upsampleNearest2dBackward"), attrs, device)],
};
