/**
 * The gradient of maxPool2d: dx[e] = sum of dy over the windows whose first maximum in row-major order is element e.
 * dy f32 [n, oh, ow, c], x and dx [n, h, w, c]. The reference sums in f64 and rounds once.
 */
import shader from "../../shaders/maxPool2dBackward.wgsl";
import pairsShader from "../../shaders/maxPool2dBackwardPairs.wgsl";
import tiledShader from "../../shaders/maxPool2dBackwardTiled.wgsl";
import { expectDType, expectShape } from "./check.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import { forEachMaximum, inferMaxPool2d, isPairs, poolParams, type MaxPool2dAttrs } from "./pool.ts";
import type { OpDef } from "./op.ts";
import { sizes } from "../tensor/index.ts";

export const maxPool2dBackward: OpDef<MaxPool2dAttrs> = {
  name: "maxPool2dBackward",
  inputs: ["dy", "x"],
  outputs: ["dx"],
  quantization: "float",
  defaults: { padding: [0, 0, 0, 0] },

  infer({ dy, x }, attrs, where) {
    expectDType(where, "dy", dy!, "f32");
    expectShape(where, "dy", dy!, inferMaxPool2d(x!, attrs, where, "f32").shape, "must have the shape of the pool's output");
    return { dx: x! };
  },

  reference(t, attrs) {
    const [g, sums] = [f32Data(t.dy), f64Zeros(t.x!.shape)];
    forEachMaximum(f32Data(t.x), t.x!.shape, sizes(t.dy!.shape), attrs, (from, to) => (sums[to]! += g[from]!));
    return { dx: rounded(t.x!.shape, sums) };
  },

  kernel({ dy, x }, attrs, device) {
    const params = poolParams(sizes(x!.shape), sizes(dy!.shape), attrs);
    const [n, parts] = [x!.shape[0] as number, ceilDiv(params.channels, 4)];
    const cellRows = ceilDiv(params.inHeight + params.top, params.strideY);
    const cellColumns = ceilDiv(params.inWidth + params.left, params.strideX);
    const cells = n * cellRows * cellColumns * parts;
    const pixels = n * params.inHeight * params.inWidth * parts;
    const pairs = n * params.height * params.width * parts;
    const even = params.inHeight === 2 * params.height && params.inWidth === 2 * params.width;
    return [
      {
        name: "pairs",
        when: isPairs(attrs) && even && params.channels % 4 === 0,
        calls: [
          {
            shader: pairsShader,
            params: { threads: pairs, width: params.width, vectors: parts },
            workgroups: dispatch1d(pairs, 64, device),
          },
        ],
      },
      {
        name: "cells",
        when: params.strideY >= params.kernelY && params.strideX >= params.kernelX,
        calls: [
          { shader: tiledShader, params: { threads: cells, cellRows, cellColumns, ...params }, workgroups: dispatch1d(cells, 64, device) },
        ],
      },
      { name: "pixels", calls: [{ shader, params: { threads: pixels, ...params }, workgroups: dispatch1d(pixels, 64, device) }] },
    ];
  },
};
