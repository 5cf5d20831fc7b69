/**
 * y = the index of the largest element of x along `axis`, counted from the end where negative; of equal ones the first, or the
 * last with `selectLastIndex`. NaN is larger than any number (PyTorch), -0 equals 0. keepDim leaves the axis with size 1, else
 * it is gone. x f32, y i32.
 */
import shader from "../../shaders/argMax.wgsl";
import { ShapeError } from "../errors.ts";
import { expectDType, expectFlag, fixedDim } from "./check.ts";
import { axisOf } from "./copyRows.ts";
import { f32Data } from "./host.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";
import { formatType, numel, sizes, zeros, type TensorType } from "../tensor/index.ts";

export type ArgMaxAttrs = { readonly axis: number; readonly keepDim: boolean; readonly selectLastIndex: boolean };

/** @throws ShapeError | DTypeError */
function typeOf(
  where: string,
  x: TensorType,
  attrs: ArgMaxAttrs,
): { readonly y: TensorType; readonly axis: number; readonly size: number } {
  expectDType(where, "x", x, "f32");
  expectFlag(where, "keepDim", attrs.keepDim);
  expectFlag(where, "selectLastIndex", attrs.selectLastIndex);
  const axis = axisOf(where, attrs.axis, x);
  const size = fixedDim(where, "x", x, axis);
  if (size === 0)
    throw new ShapeError({
      code: "shape-mismatch",
      where,
      problem: "nothing is the largest of nothing",
      expected: "at least 1 element",
      got: formatType(x),
    });
  return { y: { dtype: "i32", shape: x.shape.flatMap((d, i) => (i !== axis ? [d] : attrs.keepDim ? [1] : [])) }, axis, size };
}

export const argMax: OpDef<ArgMaxAttrs> = {
  name: "argMax",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "float",
  defaults: { keepDim: false, selectLastIndex: false },

  infer: ({ x }, attrs, where) => ({ y: typeOf(where, x!, attrs).y }),

  reference({ x }, attrs) {
    const { y: type, axis, size } = typeOf("argMax", x!, attrs);
    const [data, y] = [f32Data(x), zeros("i32", sizes(type.shape))];
    const inner = numel(x!.shape.slice(axis + 1));
    y.data.forEach((_, i) => {
      const start = Math.floor(i / inner) * size * inner + (i % inner);
      let best = NaN;
      for (let k = 0; k < size; k++) {
        const v = data[start + k * inner]!;
        const equal = v === best || (Number.isNaN(v) && Number.isNaN(best));
        const larger = v > best || (Number.isNaN(v) && !Number.isNaN(best));
        if (k > 0 && !larger && !(equal && attrs.selectLastIndex)) continue;
        best = v;
        y.data[i] = k;
      }
    });
    return { y };
  },

  kernel({ x }, attrs, device) {
    const { y, axis, size } = typeOf("argMax", x!, attrs);
    const elements = numel(y.shape);
    const threads = ceilDiv(elements, 4);
    const params = { threads, elements, size, inner: numel(x!.shape.slice(axis + 1)) };
    return [
      {
        name: "lines",
        calls: [{ shader, constants: { LAST: attrs.selectLastIndex }, params, workgroups: dispatch1d(threads, 64, device) }],
      },
    ];
  },
};
