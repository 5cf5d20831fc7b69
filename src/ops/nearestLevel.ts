/**
 * y = s * v, v the level of a weight grid (numerics/grid.ts) that is nearest to x / s: fake quantization of weights to
 * powers of two, or to whatever levels are given. x and y f32; scale f32 [1] or [channels]; levels f32 [k] ascending from 0
 * for both signs, thresholds f32 [k - 1] between them. f32(|x| * f32(1 / s)) is compared; on a threshold the lower level.
 * Straight-through gradient, also beyond the largest level.
 */
import shader from "../../shaders/nearestLevel.wgsl";
import { nearestLevel as nearestLevelValue } from "../numerics/index.ts";
import { sizes, zeros } from "../tensor/index.ts";
import { expectDType, expectRank, expectShape, expectWhole, fixedDim } from "./check.ts";
import { f32Data } from "./host.ts";
import type { OpDef } from "./op.ts";
import { expectScale, forEachElement, typeChannels, wordGrid } from "./quantizer.ts";

export type NearestLevelAttrs = { readonly axis: number | null };

export const nearestLevel: OpDef<NearestLevelAttrs> = {
  name: "nearestLevel",
  inputs: ["x", "scale", "levels", "thresholds"],
  outputs: ["y"],
  quantization: "float",
  defaults: { axis: null },

  infer(types, { axis }, where) {
    expectDType(where, "x", types.x!, "f32");
    expectScale(where, "scale", types, axis, "f32");
    for (const name of ["levels", "thresholds"]) expectDType(where, name, types[name]!, "f32");
    expectRank(where, "levels", types.levels!, 1, "[levels]");
    const count = fixedDim(where, "levels", types.levels!, 0);
    expectWhole(where, "the number of levels", count, 2);
    expectShape(where, "thresholds", types.thresholds!, [count - 1], "must lie between the levels");
    return { y: types.x! };
  },

  reference({ x, scale, levels, thresholds }, { axis }) {
    const y = zeros("f32", x!.shape);
    const grid = { levels: Array.from(f32Data(levels)), thresholds: Array.from(f32Data(thresholds)) };
    forEachElement(typeChannels(x!, axis), (i, c) => {
      y.data[i] = nearestLevelValue(x!.data[i]!, scale!.data[c]!, grid) * scale!.data[c]!;
    });
    return { y };
  },

  kernel({ x, thresholds }, { axis }, device) {
    const { params, workgroups } = wordGrid(x!, axis, device, { packed: false });
    const [count] = sizes(thresholds!.shape) as [number];
    return [{ name: "words", calls: [{ shader, params: { ...params, count }, workgroups }] }];
  },

  grad: (_b, _node, { y: dy }) => ({ x: dy ?? null, scale: null, levels: null, thresholds: null }),
};
