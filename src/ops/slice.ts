/**
 * y = x[.., start to end - 1, ..] along `axis`; axis, start and end count from the end where negative, end null is the axis'
 * end. Any dtype; of packed ones the innermost axis, whose rows are padded to whole words, is packed anew.
 */
import { ShapeError } from "../errors.ts";
import { formatType, type TensorType } from "../tensor/index.ts";
import { fixedDim } from "./check.ts";
import { axisOf, copyElements, copyRows, empty, resized, type Run } from "./copyRows.ts";
import type { OpDef } from "./op.ts";
import { sliceBackward } from "./sliceBackward.ts";

export type SliceAttrs = { readonly axis: number; readonly start: number; readonly end: number | null };

/** @throws ShapeError */
function runOf(where: string, x: TensorType, attrs: SliceAttrs): Run {
  const axis = axisOf(where, attrs.axis, x);
  const size = fixedDim(where, "x", x, axis);
  const [from, end] = [attrs.start, attrs.end ?? size].map((i) => (i < 0 ? i + size : i)) as [number, number];
  if (!Number.isInteger(from) || !Number.isInteger(end) || from < 0 || end > size || from > end)
    throw new ShapeError({
      code: "bad-attribute",
      where,
      problem: "start and end must be places along the axis in this order",
      expected: `0 <= start <= end <= ${size}`,
      got: `start ${attrs.start}, end ${attrs.end}, axis ${attrs.axis} of ${formatType(x)}`,
    });
  return { axis, from, to: 0, length: end - from };
}

const typeOf = (x: TensorType, { axis, length }: Run): TensorType => resized(x, axis, length);

export const slice: OpDef<SliceAttrs> = {
  name: "slice",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "sharesInput",
  defaults: { start: 0, end: null },

  infer: ({ x }, attrs, where) => ({ y: typeOf(x!, runOf(where, x!, attrs)) }),

  reference({ x }, attrs) {
    const run = runOf("slice", x!, attrs);
    const y = empty(typeOf(x!, run));
    copyElements(x!, y, run);
    return { y };
  },

  grad(b, { inputs, attrs }, { y: dy }) {
    if (!dy) return { x: null };
    const x = b.type(inputs.x!);
    const { axis, from } = runOf("slice", x, attrs);
    return { x: b.emit(sliceBackward, { dy }, { axis, start: from, size: fixedDim("slice", "x", x, axis) }).dx! };
  },

  lower(b, { name, attrs }, q) {
    const { value, qparams } = q.input("x");
    return { value: b.emit(slice, { x: value }, attrs, name).y!, qparams };
  },

  kernel({ x }, attrs, device) {
    const run = runOf("slice", x!, attrs);
    const whole = run.length === x!.shape[run.axis];
    return [
      { name: "alias", when: whole, alias: { y: "x" }, calls: [] },
      { name: "run", when: !whole, calls: [copyRows(x!, typeOf(x!, run), run, device, { whole: true })] },
    ];
  },
};
