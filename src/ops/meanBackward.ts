/**
 * The gradient of mean: dx[e] = dy / count of the element that e went into. dy f32, dx of up to 6 axes: dy's with `axes` of
 * these `sizes`, which dy has with size 1 (keepDim) or not at all.
 */
import shader from "../../shaders/meanBackward.wgsl";
import vec4Shader from "../../shaders/meanBackwardVec4.wgsl";
import { ShapeError } from "../errors.ts";
import { broadcastStrides, forEachRow, mergeAxes } from "./broadcast.ts";
import { expectDType, expectFlag } from "./check.ts";
import { f32Data } from "./host.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";
import { kept, reducedAxes } from "./reduction.ts";
import { f32, formatType, numel, sizes, zeros, type Dim, type Shape, type TensorType } from "../tensor/index.ts";
import { expectList } from "./window.ts";

export type MeanBackwardAttrs = {
  readonly axes: readonly number[];
  /** Sizes of dx along the axes. */
  readonly sizes: readonly number[];
  readonly keepDim: boolean;
};

/** Vec4s that a thread writes. */
const CHUNK = 8;

/** dx, and its shape with the axes of size 1. @throws ShapeError | DTypeError */
function inferMeanBackward(dy: TensorType, attrs: MeanBackwardAttrs, where: string): { dx: TensorType; keptShape: Shape } {
  expectDType(where, "dy", dy, "f32");
  expectFlag(where, "keepDim", attrs.keepDim);
  const lost = attrs.keepDim ? 0 : attrs.axes.length;
  const rank = dy.shape.length + lost;
  const axes = reducedAxes(where, `dx, of which dy is ${formatType(dy)}`, rank, attrs.axes);
  expectList(where, "sizes", attrs.sizes, axes.map((a) => `axis ${a}`).join(","), 1);
  const sizeOf = new Map(attrs.axes.map((a, i) => [a < 0 ? a + rank : a, attrs.sizes[i]!]));
  const others = attrs.keepDim ? dy.shape.filter((_, i) => !sizeOf.has(i)) : dy.shape;
  let next = 0;
  const shape = Array.from({ length: rank }, (_, i): Dim => sizeOf.get(i) ?? others[next++]!);
  const wrong = attrs.keepDim ? axes.find((a) => dy.shape[a] !== 1) : undefined;
  if (wrong !== undefined)
    throw new ShapeError({
      code: "shape-mismatch",
      where,
      problem: `axis ${wrong} of dy was kept`,
      expected: "size 1",
      got: formatType(dy),
    });
  return { dx: f32(shape), keptShape: kept(shape, axes) };
}

export const meanBackward: OpDef<MeanBackwardAttrs> = {
  name: "meanBackward",
  inputs: ["dy"],
  outputs: ["dx"],
  quantization: "float",
  defaults: { keepDim: false },

  infer: ({ dy }, attrs, where) => ({ dx: inferMeanBackward(dy!, attrs, where).dx }),

  reference({ dy }, attrs) {
    const types = inferMeanBackward(dy!, attrs, "meanBackward");
    const [shape, g, count] = [sizes(types.dx.shape), f32Data(dy), numel(attrs.sizes)];
    const dx = zeros("f32", shape);
    const strides = broadcastStrides(sizes(types.keptShape), shape);
    const [inner, step] = [shape.at(-1)!, strides.at(-1)!];
    forEachRow(shape, [strides], (row, [offset]) => {
      for (let i = 0; i < inner; i++) dx.data[row + i] = g[offset! + i * step]! / count;
    });
    return { dx };
  },

  kernel({ dy }, attrs, device) {
    const types = inferMeanBackward(dy!, attrs, "meanBackward");
    const shape = sizes(types.dx.shape);
    const merged = mergeAxes(shape, [broadcastStrides(sizes(types.keptShape), shape)]);
    const [size, step] = [merged.shape, merged.strides[0]!];
    const isRun = size.length === 3 && step[1] === 0 && size[2]! % 4 === 0;
    const elements = numel(shape);
    const threads = ceilDiv(elements, 4);
    const axes = Array.from({ length: 6 }, (_, i) => size.length - 6 + i).flatMap((axis, i) => [
      ...(i > 0 ? [[`size${i}`, size[axis] ?? 1]] : []),
      [`step${i}`, step[axis] ?? 0],
    ]);
    const params = { elements, threads, count: numel(attrs.sizes), ...(Object.fromEntries(axes) as Record<string, number>) };
    const [outer, axis, inner] = [size[0]!, size[1]!, size[2]! / 4];
    const chunk = Math.min(axis ?? 1, CHUNK);
    const chunks = ceilDiv(axis ?? 1, chunk);
    const columns = outer * chunks * inner;
    return [
      {
        name: "vec4",
        when: isRun,
        calls: [
          {
            shader: vec4Shader,
            params: { threads: columns, count: params.count, axis, inner, chunk, chunks },
            workgroups: dispatch1d(columns, 64, device),
          },
        ],
      },
      { name: "elements", calls: [{ shader, params, workgroups: dispatch1d(threads, 64, device) }] },
    ];
  },
};
