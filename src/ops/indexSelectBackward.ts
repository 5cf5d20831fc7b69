/**
 * The gradient of indexSelect in x: dx[.., i, ..] = the sum of dy[.., k, ..] over all k with index[k] = i, in order, 0 where
 * there is none; an index out of range counts as the nearest one. dx has `size` elements along `axis`, counted from the front.
 * dy and dx f32, index i32 [k]. The reference sums in f64 and rounds once.
 */
import chainShader from "../../shaders/indexSelectBackwardChain.wgsl";
import shader from "../../shaders/indexSelectBackward.wgsl";
import { expectDType, expectShape, expectWhole } from "./check.ts";
import { axisOf, resized } from "./copyRows.ts";
import { f32Data, f64Zeros, i32Data, rounded } from "./host.ts";
import { dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";
import { numel, u32 } from "../tensor/index.ts";

export type IndexSelectBackwardAttrs = { readonly axis: number; readonly size: number };

/** The index of an axis of this size that is nearest to i. */
export const nearestIndex = (i: number, size: number): number => Math.max(0, Math.min(i, size - 1));

export const indexSelectBackward: OpDef<IndexSelectBackwardAttrs> = {
  name: "indexSelectBackward",
  inputs: ["dy", "index"],
  outputs: ["dx"],
  quantization: "float",

  infer({ dy, index }, { axis, size }, where) {
    expectDType(where, "dy", dy!, "f32");
    expectDType(where, "index", index!, "i32");
    expectWhole(where, "axis", axis, 0);
    expectWhole(where, "size", size, 1);
    expectShape(where, "index", index!, [dy!.shape[axisOf(where, axis, dy!)]!], "must hold one index for each element of dy's axis");
    return { dx: resized(dy!, axis, size) };
  },

  reference(t, { axis, size }) {
    const { shape } = resized(t.dy!, axis, size);
    const [dy, index, sums] = [f32Data(t.dy), i32Data(t.index), f64Zeros(shape)];
    const inner = numel(t.dy!.shape.slice(axis + 1));
    for (let i = 0; i < dy.length; i++) {
      const slot = Math.floor(i / inner);
      const outer = Math.floor(slot / index.length);
      sums[(outer * size + nearestIndex(index[slot % index.length]!, size)) * inner + (i % inner)]! += dy[i]!;
    }
    return { dx: rounded(shape, sums) };
  },

  kernel({ dy }, { axis, size }, device) {
    const elements = numel(resized(dy!, axis, size).shape);
    const count = dy!.shape[axis] as number;
    const params = { elements, count, size, inner: numel(dy!.shape.slice(axis + 1)) };
    const chain = u32([size + count]);
    const link = { shader: chainShader, params: { count, size }, workgroups: dispatch1d(size + count, 64, device) };
    return [{ name: "chains", scratch: { chain }, calls: [link, { shader, params, workgroups: dispatch1d(elements, 64, device) }] }];
  },
};
