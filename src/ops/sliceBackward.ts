/**
 * dx = dy from `start` on along `axis`, in a tensor of 0 with `size` elements along it: the gradient of slice, and zeros around a
 * tensor. dy and dx f32, axis and start counted from the front.
 */
import { ShapeError } from "../errors.ts";
import { formatType, type TensorType } from "../tensor/index.ts";
import { expectDType, fixedDim } from "./check.ts";
import { axisOf, copyElements, copyRows, empty, resized, type Run } from "./copyRows.ts";
import type { OpDef } from "./op.ts";
import { slice } from "./slice.ts";

export type SliceBackwardAttrs = { readonly axis: number; readonly start: number; readonly size: number };

/** @throws ShapeError */
function runOf(where: string, dy: TensorType, { axis, start, size }: SliceBackwardAttrs): Run {
  const length = fixedDim(where, "dy", dy, axisOf(where, axis, dy));
  if (![axis, start, size].every((n) => Number.isInteger(n) && n >= 0) || start + length > size)
    throw new ShapeError({
      code: "bad-attribute",
      where,
      problem: "dy does not lie within dx",
      expected: `axis, start, size whole numbers, 0 or more, start + ${length} <= size`,
      got: `axis ${axis}, start ${start}, size ${size}, dy ${formatType(dy)}`,
    });
  return { axis, from: 0, to: start, length };
}

export const sliceBackward: OpDef<SliceBackwardAttrs> = {
  name: "sliceBackward",
  inputs: ["dy"],
  outputs: ["dx"],
  quantization: "float",

  infer({ dy }, attrs, where) {
    expectDType(where, "dy", dy!, "f32");
    const { axis } = runOf(where, dy!, attrs);
    return { dx: resized(dy!, axis, attrs.size) };
  },

  reference({ dy }, attrs) {
    const run = runOf("sliceBackward", dy!, attrs);
    const dx = empty(resized(dy!, run.axis, attrs.size));
    copyElements(dy!, dx, run);
    return { dx };
  },

  grad(b, { inputs, attrs: { axis, start } }, { dx: ddx }) {
    const length = fixedDim("sliceBackward", "dy", b.type(inputs.dy!), axis);
    return { dy: ddx ? b.emit(slice, { x: ddx }, { axis, start, end: start + length }).y! : null };
  },

  kernel({ dy }, attrs, device) {
    const run = runOf("sliceBackward", dy!, attrs);
    const call = copyRows(dy!, resized(dy!, run.axis, attrs.size), run, device, { whole: true });
    return [{ name: "run", calls: [{ ...call, bindings: { x: "dy", y: "dx" } }] }];
  },
};
