/**
 * The gradients of learnableFakeQuantize, with its s and z (both bounded, z rounded), g = gradFactor, q = rhe(f32(x * f32(1 /
 * s))) + z and sums over the elements of a scale:
 *
 *     qmin <= q <= qmax:  dx = dy,            dscale += dy * (y - x) / s * g
 *     q < qmin, NaN:      dx = 0 (dy's sign), dscale += dy * (qmin - z) * g,  dzeroPoint += -dy * s * g
 *     q > qmax:           dx = 0 (dy's sign), dscale += dy * (qmax - z) * g,  dzeroPoint += -dy * s * g
 *
 * dy, x and dx f32 of one shape, the others f32 [1] or [channels]. Every sum has a fixed order; the reference sums in f64.
 */
import shader from "../../shaders/learnableFakeQuantizeBackward.wgsl";
import { insideRange, learnedQparams, quantize, reciprocal } from "../numerics/index.ts";
import { f32, sizes, zeros } from "../tensor/index.ts";
import { expectDType, expectShape } from "./check.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import { learnedQparamsCall, type LearnableFakeQuantizeAttrs } from "./learnableFakeQuantize.ts";
import type { OpDef } from "./op.ts";
import { forEachElement, inferFakeQuantize, typeChannels, wordGrid } from "./quantizer.ts";
import { sumAxis } from "./sumToSize.ts";

export const learnableFakeQuantizeBackward: OpDef<LearnableFakeQuantizeAttrs> = {
  name: "learnableFakeQuantizeBackward",
  inputs: ["dy", "x", "scale", "zeroPoint"],
  outputs: ["dx", "dscale", "dzeroPoint"],
  quantization: "float",
  defaults: { axis: null, gradFactor: 1 },

  infer(types, attrs, where) {
    const dx = inferFakeQuantize(types, attrs, where, ["f32"]);
    expectDType(where, "dy", types.dy!, "f32");
    expectShape(where, "dy", types.dy!, dx.shape, "must have the shape of x");
    return { dx, dscale: types.scale!, dzeroPoint: types.zeroPoint! };
  },

  reference(t, attrs) {
    const [dy, x, scale, zeroPoint] = [f32Data(t.dy), f32Data(t.x), f32Data(t.scale), f32Data(t.zeroPoint)];
    const dx = zeros("f32", t.x!.shape);
    const [dscale, dzero] = [f64Zeros(t.scale!.shape), f64Zeros(t.scale!.shape)];
    forEachElement(typeChannels(t.x!, attrs.axis), (i, c) => {
      const { scale: s, zeroPoint: z } = learnedQparams(scale[c]!, zeroPoint[c]!, attrs);
      const steps = quantize(x[i]!, s, z, attrs) - z;
      const inside = insideRange(x[i]!, s, z, attrs);
      dx.data[i] = inside ? dy[i]! : dy[i]! < 0 ? -0 : 0;
      dscale[c]! += dy[i]! * attrs.gradFactor * (inside ? (steps * s - x[i]!) * reciprocal(s) : steps);
      if (!inside) dzero[c]! -= dy[i]! * attrs.gradFactor * s;
    });
    return { dx, dscale: rounded(t.scale!.shape, dscale), dzeroPoint: rounded(t.scale!.shape, dzero) };
  },

  kernel(types, attrs, device) {
    const { quantMin, quantMax, axis, gradFactor } = attrs;
    const [channels] = sizes(types.scale!.shape) as [number];
    const { call, scratch, bindings } = learnedQparamsCall(types, attrs, device);
    const grid = wordGrid(types.x!, axis, device, { packed: false, few: true });
    const lanes = [grid.lanes, channels];
    const [scales, zeroPoints] = [sumAxis("scales", lanes, 0, "dscale", device), sumAxis("zeroPoints", lanes, 0, "dzeroPoint", device)];
    const elements = { shader, params: { ...grid.params, quantMin, quantMax, gradFactor }, bindings, workgroups: grid.workgroups };
    return [
      {
        name: "lanes",
        scratch: { ...scratch, scales: f32(lanes), zeroPoints: f32(lanes), ...scales.scratch, ...zeroPoints.scratch },
        calls: [call, elements, ...scales.calls, ...zeroPoints.calls],
      },
    ];
  },
};
