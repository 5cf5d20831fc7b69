/**
 * y[.., k, ..] = x[.., index[k], ..] along `axis`, counted from the end where negative (PyTorch's index_select, ONNX's Gather
 * with a list). x of any dtype, index i32 [k]. An index out of range is taken as the nearest one: what it holds is known only
 * when it runs. The innermost axis of packed dtypes, whose rows are padded to whole words, is packed anew. The gradient of x
 * adds up what is selected more than once.
 */
import shader from "../../shaders/indexSelect.wgsl";
import { ShapeError } from "../errors.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import { expectDType, expectRank, fixedDim } from "./check.ts";
import { axisOf, copyElements, empty, resized } from "./copyRows.ts";
import { i32Data } from "./host.ts";
import { indexSelectBackward, nearestIndex } from "./indexSelectBackward.ts";
import type { OpDef } from "./op.ts";
import { formatType, isPacked, sizes, type Shape, type TensorType } from "../tensor/index.ts";

export type IndexSelectAttrs = { readonly axis: number };

const product = (part: Shape): number => sizes(part).reduce((p, d) => p * d, 1);

/** @throws ShapeError | DTypeError */
function typeOf(where: string, x: TensorType, index: TensorType, attrs: IndexSelectAttrs): { y: TensorType; axis: number; size: number } {
  expectDType(where, "index", index, "i32");
  expectRank(where, "index", index, 1, "[k]");
  const axis = axisOf(where, attrs.axis, x);
  const size = fixedDim(where, "x", x, axis);
  if (size === 0)
    throw new ShapeError({
      code: "shape-mismatch",
      where,
      problem: "x has nothing to select from along the axis",
      expected: "at least 1 element",
      got: formatType(x),
    });
  // Only the leading axis of y may be symbolic.
  return { y: resized(x, axis, axis === 0 ? index.shape[0]! : fixedDim(where, "index", index, 0)), axis, size };
}

export const indexSelect: OpDef<IndexSelectAttrs> = {
  name: "indexSelect",
  inputs: ["x", "index"],
  outputs: ["y"],
  quantization: "sharesInput",

  infer: ({ x, index }, attrs, where) => ({ y: typeOf(where, x!, index!, attrs).y }),

  reference({ x, index }, attrs) {
    const { y: type, axis, size } = typeOf("indexSelect", x!, index!, attrs);
    const y = empty(type);
    i32Data(index).forEach((i, k) => copyElements(x!, y, { axis, from: nearestIndex(i, size), to: k, length: 1 }));
    return { y };
  },

  grad(b, { inputs, attrs }, { y: dy }) {
    if (!dy) return { x: null };
    const { axis, size } = typeOf("indexSelect", b.type(inputs.x!), b.type(inputs.index!), attrs);
    return { x: b.emit(indexSelectBackward, { dy, index: inputs.index }, { axis, size }).dx! };
  },

  lower(b, { name, attrs }, q) {
    const { value, qparams } = q.input("x");
    const index = b.constant(q.constant("index")!, `${name}.index`);
    return { value: b.emit(indexSelect, { x: value, index }, attrs, name).y!, qparams };
  },

  kernel({ x, index }, attrs, device) {
    const { axis, size } = typeOf("indexSelect", x!, index!, attrs);
    const count = sizes(index!.shape)[0]!;
    const [packed, last] = [isPacked(x!.dtype), x!.shape.length - 1];
    const BYTES = packed && axis === last;
    const words = x!.shape.map((d, i) => (packed && i === last ? ceilDiv(d as number, 4) : d));
    const [outer, inner] = [product(words.slice(0, axis)), product(words.slice(axis + 1))];
    const total = outer * (BYTES ? ceilDiv(count, 4) : count * inner);
    const threads = ceilDiv(total, device.software ? 16 : 4);
    const params = { words: total, threads, count, size, inner };
    return [
      { name: BYTES ? "bytes" : "words", calls: [{ shader, constants: { BYTES }, params, workgroups: dispatch1d(threads, 64, device) }] },
    ];
  },
};
