/**
 * The gradient of maxPool2d: dx[e] = sum of dy over the windows whose first maximum in row-major order is element e.
 * dy f32 [n, oh, ow, c], x and dx [n, h, w, c]. The reference sums in f64 and rounds once.
 */
import shader from "../../shaders/maxPool2dBackward.wgsl";
import pairsShader from "../../shaders/maxPool2dBackwardPairs.wgsl";
import placesShader from "../../shaders/maxPool2dBackwardPlaces.wgsl";
import vec4PlacesShader from "../../shaders/maxPool2dBackwardPlacesVec4.wgsl";
import takenShader from "../../shaders/maxPool2dBackwardTaken.wgsl";
import vec4TakenShader from "../../shaders/maxPool2dBackwardTakenVec4.wgsl";
import tiledShader from "../../shaders/maxPool2dBackwardTiled.wgsl";
import winnersShader from "../../shaders/maxPool2dWinners.wgsl";
import returnShader from "../../shaders/maxPool2dWinnersBackward.wgsl";
import vec4ReturnShader from "../../shaders/maxPool2dWinnersBackwardVec4.wgsl";
import vec4WinnersShader from "../../shaders/maxPool2dWinnersVec4.wgsl";
import { expectDType, expectShape } from "./check.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import { ceilDiv } from "./kernel.ts";
import { axesVariant } from "./maxPoolGradient.ts";
import { winnerRows, winnersCall } from "./maxPoolWinners.ts";
import {
  forEachMaximum,
  inferPool2d,
  isNarrow,
  isPairs,
  maxPool2dDefaults,
  poolCall,
  poolParams,
  returnCall,
  type MaxPool2dAttrs,
} from "./pool.ts";
import type { KernelCall, OpDef, Shader } from "./op.ts";
import { numel, sizes } from "../tensor/index.ts";

export const maxPool2dBackward: OpDef<MaxPool2dAttrs> = {
  name: "maxPool2dBackward",
  inputs: ["dy", "x"],
  outputs: ["dx"],
  quantization: "float",
  defaults: maxPool2dDefaults,

  infer({ dy, x }, attrs, where) {
    expectDType(where, "dy", dy!, "f32");
    expectShape(where, "dy", dy!, inferPool2d(x!, attrs, where, "f32").shape, "must have the shape of the pool's output");
    return { dx: x! };
  },

  reference(t, attrs) {
    const [g, sums] = [f32Data(t.dy), f64Zeros(t.x!.shape)];
    forEachMaximum(f32Data(t.x), t.x!.shape, sizes(t.dy!.shape), attrs, (from, to) => (sums[to]! += g[from]!));
    return { dx: rounded(t.x!.shape, sums) };
  },

  kernel({ dy, x }, attrs, device) {
    const [from, to] = [sizes(x!.shape), sizes(dy!.shape)];
    const params = poolParams(from, to, { window: attrs });
    const { parts, channels, height, width, inHeight, inWidth, strideY, strideX, top, left } = params;
    const even = inHeight === 2 * height && inWidth === 2 * width;
    const cells = from[0]! * ceilDiv(inHeight + top, strideY) * ceilDiv(inWidth + left, strideX) * parts;
    const call = (shader: Shader, threads: number): readonly KernelCall[] => [poolCall(shader, threads, params, device)];
    const images = from[0]!;
    const [winners, back] = channels % 4 === 0 ? [vec4WinnersShader, vec4ReturnShader] : [winnersShader, returnShader];
    const rows = winnerRows(inHeight, attrs);
    const [places, taken] = channels % 4 === 0 ? [vec4PlacesShader, vec4TakenShader] : [placesShader, takenShader];
    return [
      {
        name: "pairs",
        when: isPairs(from, to, attrs) && even && channels % 4 === 0,
        calls: call(pairsShader, numel(to.slice(0, 3)) * parts),
      },
      {
        name: "winners",
        when: isNarrow(attrs),
        scratch: { winners: { dtype: "u8", shape: [images, rows, width, channels] } },
        calls: [
          // Without maxima: nothing is written there.
          winnersCall(winners, images, params, attrs, { constants: { KEEPS_MAXIMA: false }, bindings: { y: "dx" } }, device),
          returnCall(back, images, { ...params, rows }, attrs, device),
        ],
      },
      { name: "cells", when: strideY >= params.spanY && strideX >= params.spanX, calls: call(tiledShader, cells) },
      axesVariant(places, taken, images, params, attrs, device),
      { name: "pixels", calls: call(shader, numel(from.slice(0, 3)) * parts) },
    ];
  },
};
