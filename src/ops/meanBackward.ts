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
import type { OpDef, Shader, Variant } from "./op.ts";
import { kept, reducedAxes } from "./reduction.ts";
import { f32, formatType, numel, sizes, zeros, type Dim, type Shape, type TensorType } from "../tensor/index.ts";
import { expectList } from "./window.ts";

export type MeanBackwardAttrs = {
  readonly axes: readonly number[];
  /** Sizes of dx along the axes. */
  readonly sizes: readonly number[];
  readonly keepDim: boolean;
};

/** Elements or vec4s that a thread writes. */
const CHUNK = 16;

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
    const [size, step] = [
      [...merged.shape, 1],
      [...merged.strides[0]!, 1],
    ];
    // A run of the mean's axes has one axis inside of it at most, which dy steps through element by element.
    const at = step.lastIndexOf(0);
    const [axis, inner] = at < 0 ? [1, numel(size)] : [size[at]!, numel(size.slice(at + 1))];
    const OUTER = Math.max(at, 0);
    const variant = (name: string, shader: Shader, width: number): Variant => {
      const chunks = ceilDiv(axis, CHUNK);
      const threads = (numel(shape) / axis / width) * chunks;
      const params: Record<string, number> = {
        threads,
        count: numel(attrs.sizes),
        axis,
        inner: inner / width,
        chunk: ceilDiv(axis, chunks),
        chunks,
      };
      params["stepOuter"] = OUTER > 0 ? step[0]! / width : 0;
      for (let i = 1, from = OUTER - 4; i <= 4; i++, from++) {
        params[`size${i}`] = from > 0 ? size[from]! : 1;
        params[`step${i}`] = from > 0 ? step[from]! / width : 0;
      }
      return {
        name,
        when: inner % width === 0,
        calls: [{ shader, constants: { OUTER }, params, workgroups: dispatch1d(threads, 64, device) }],
      };
    };
    return [variant("vec4", vec4Shader, 4), variant("elements", shader, 1)];
  },
};
