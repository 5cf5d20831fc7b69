/** What concat and qconcat share: tensors one after the other along an axis. */
import { DTypeError } from "../errors.ts";
import { formatType, type DType, type TensorType } from "../tensor/index.ts";
import { expectDType, expectShape, fixedDim } from "./check.ts";
import { axisOf, copyElements, copyRows, empty, resized } from "./copyRows.ts";
import type { OpDef, Types } from "./op.ts";

export type ConcatAttrs = { readonly axis: number };

const inputs = ["x0", "x1?", "x2?", "x3?", "x4?", "x5?"] as const;
const names: readonly string[] = inputs.map((name) => name.replace("?", ""));

/** An input's place along the axis. */
interface Part {
  readonly name: string;
  readonly to: number;
  readonly length: number;
}

/** The axis, counted from the front, the inputs that are given and y. @throws ShapeError | DTypeError */
export function partsOf(
  where: string,
  types: Types,
  attrs: ConcatAttrs,
): { readonly axis: number; readonly parts: readonly Part[]; readonly y: TensorType } {
  const first = types.x0!;
  const axis = axisOf(where, attrs.axis, first);
  const parts: Part[] = [];
  let to = 0;
  for (const name of names) {
    const x = types[name];
    if (!x) continue;
    expectShape(where, name, x, resized(first, axis, x.shape[axis] ?? 0).shape, "must have the shape of x0 but for the axis");
    if (x.dtype !== first.dtype)
      throw new DTypeError({
        code: "dtype-mismatch",
        where,
        problem: `${name} must have the element type of x0`,
        expected: first.dtype,
        got: formatType(x),
      });
    const length = fixedDim(where, name, x, axis);
    parts.push({ name, to, length });
    to += length;
  }
  return { axis, parts, y: resized(first, axis, to) };
}

/** The op of this name for tensors of these element types. */
export const joining = (
  name: string,
  dtypes: readonly DType[],
  rest: Pick<OpDef<ConcatAttrs>, "quantization" | "unifiesScales" | "grad" | "lower">,
): OpDef<ConcatAttrs> => ({
  name,
  inputs,
  outputs: ["y"],
  ...rest,

  infer(types, attrs, where) {
    expectDType(where, "x0", types.x0!, ...dtypes);
    return { y: partsOf(where, types, attrs).y };
  },

  reference(tensors, attrs) {
    const { axis, parts, y: type } = partsOf(name, tensors, attrs);
    const y = empty(type);
    for (const { name, to, length } of parts) copyElements(tensors[name]!, y, { axis, from: 0, to, length });
    return { y };
  },

  kernel(types, attrs, device) {
    const { axis, parts, y } = partsOf(name, types, attrs);
    const calls = parts
      .filter(({ length }) => length > 0)
      .map(({ name: x, to, length }) => ({
        ...copyRows(types[x]!, y, { axis, from: 0, to, length }, device, { whole: false }),
        bindings: { x },
      }));
    return [
      { name: "alias", when: parts.length === 1, alias: { y: "x0" }, calls: [] },
      { name: "run by run", when: parts.length > 1, calls },
    ];
  },
});
