/**
 * qaccumulate2d: the sums of an integer convolution, as they are before requantization.
 *
 *     y = sum over ky, kx, i of (x[n, oy sh - top + ky dh, ox sw - left + kx dw, g + i] - xZeroPoint)
 *                             * (weight[o, ky, kx, i] - weightZeroPoint[o])
 *
 * where g is the first channel of o's group. Outside the image x counts as xZeroPoint. x i8 or u8 [n, h, w, c], y i32
 * [n, oh, ow, oc], weight packed by packWeight, weightSum i32 [oc] the sums of the packed weights, xZeroPoint i32 [1],
 * weightZeroPoint i32 [oc] (those of u8 weights are 128 less) or absent. Scales that are known only at run time (dynamic
 * quantization) are applied to y by dequantize. Overflow: sums wrap; who emits it checks that |sum| < 2^31.
 */
import { allocate, i32, numel, sizes, tensor } from "../tensor/index.ts";
import { expectDType, expectRank, expectShape, fixedDim } from "./check.ts";
import { expectGroups } from "./groups.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { KernelCall, OpDef } from "./op.ts";
import { packingOf } from "./packWeight.ts";
import { geometryOf, packedWindow, type ConvolutionWindow } from "./qconvolution.ts";
import { centered, centeredWeights, expectPacked, expectScalar, SIGNS } from "./requantized.ts";
import { forEachTap, windowOutput } from "./window.ts";
import sumsShader from "../../shaders/qconv2dSums.wgsl";
import shader from "../../shaders/qaccumulate2d.wgsl";

export type QaccumulateAttrs = ConvolutionWindow;

export const qaccumulate2d: OpDef<QaccumulateAttrs> = {
  name: "qaccumulate2d",
  inputs: ["x", "weight", "weightSum", "xZeroPoint", "weightZeroPoint?"],
  outputs: ["y"],
  quantization: "float",
  defaults: { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 },

  infer(types, attrs, where) {
    const { x, weight, weightSum, weightZeroPoint } = types;
    expectDType(where, "x", x!, "i8", "u8");
    expectDType(where, "weight", weight!, "i8");
    expectRank(where, "x", x!, 4, "[n, h, w, c]");
    const oc = fixedDim(where, "weightSum", weightSum!, 0);
    for (const name of weightZeroPoint ? ["weightSum", "weightZeroPoint"] : ["weightSum"]) {
      expectDType(where, name, types[name]!, "i32");
      expectShape(where, name, types[name]!, [oc], "must hold one value per output channel");
    }
    expectScalar(where, "xZeroPoint", types);
    const ic = fixedDim(where, "x", x!, 3);
    expectGroups(where, attrs.groups, ic, oc);
    const packing = packingOf(oc, ic / attrs.groups, attrs.groups);
    expectRank(where, "weight", weight!, packing.depthwise ? 3 : 6, "as packWeight makes it");
    const window = packedWindow(weight!, attrs);
    expectPacked(where, types, packing, window.kernel);
    const [oh, ow] = windowOutput(where, x!, window);
    return { y: { dtype: "i32", shape: [x!.shape[0]!, oh, ow, oc] } };
  },

  reference(tensors, attrs) {
    const { x, weight } = tensors;
    const shape = sizes(qaccumulate2d.infer(tensors, attrs, "qaccumulate2d").y!.shape);
    const window = packedWindow(weight!, attrs);
    const [ic, oc] = [x!.shape[3]! / attrs.groups, shape[3]!];
    const packing = packingOf(oc, ic, attrs.groups);
    const [w, values, taps] = [centeredWeights(tensors, packing), centered(tensors), numel(window.kernel)];
    const y = allocate("i32", numel(shape));
    forEachTap(x!.shape, shape, window, (pixel, from, tap) => {
      for (let o = 0; o < oc; o++) {
        const first = from + Math.floor(o / packing.ocGroup) * ic;
        const at = (o * taps + tap) * ic;
        let sum = 0;
        for (let i = 0; i < ic; i++) sum = (sum + values[first + i]! * w[at + i]!) | 0;
        y[pixel * oc + o]! += sum;
      }
    });
    return { y: tensor("i32", shape, y) };
  },

  kernel(types, attrs, device) {
    const { x, weight, weightZeroPoint } = types;
    const y = sizes(qaccumulate2d.infer(types, attrs, "qaccumulate2d").y!.shape);
    const [from, oc] = [sizes(x!.shape), y[3]!];
    const { groups } = attrs;
    const { depthwise, ocGroup, icGroup, words } = packingOf(oc, from[3]! / groups, groups);
    const geometry = geometryOf({ x: from, y, window: packedWindow(weight!, attrs), groups });
    const { pixels } = geometry;
    const FLIP = x!.dtype === "u8" ? SIGNS : 0;
    const product: KernelCall = {
      shader,
      constants: { FLIP, ASYMMETRIC: weightZeroPoint !== undefined, DEPTHWISE: depthwise },
      params: { ...geometry, words: depthwise ? 1 : words, oc, ocGroup, icGroup },
      bindings: { centeredSums: weightZeroPoint ? "sums" : "weightSum" },
      workgroups: dispatch1d(ceilDiv(pixels, 4) * ceilDiv(oc, 4), 64, device),
    };
    if (!weightZeroPoint) return [{ name: "dot4 4x4", calls: [product] }];
    const count = pixels * groups + oc;
    const sums: KernelCall = {
      shader: sumsShader,
      constants: { FLIP },
      params: { ...geometry, oc, ocGroup, icGroup },
      workgroups: dispatch1d(count, 64, device),
    };
    return [{ name: "dot4 4x4", scratch: { sums: i32([count]) }, calls: [sums, product] }];
  },
};
