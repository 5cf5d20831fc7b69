/**
 * y = f32((clamp(rhe(f32(x * f32(1 / s))) + z, qmin, qmax) - z) * s): x rounded to what integers can hold. x and y f32;
 * scale f32 and zeroPoint i32, [1] or [channels]. Straight-through gradient. Source: PyTorch's fake_quantize_per_tensor /
 * per_channel_affine. Scales are normal f32 below 2^126; infinities saturate, NaN gives qmin.
 */
import any from "../../shaders/fakeQuantize.wgsl";
import vec4 from "../../shaders/fakeQuantizeVec4.wgsl";
import { fakeQuantize as fakeQuantizeValue } from "../numerics/index.ts";
import { zeros } from "../tensor/index.ts";
import { fakeQuantizeBackward } from "./fakeQuantizeBackward.ts";
import type { OpDef } from "./op.ts";
import { forEachElement, inferFakeQuantize, typeChannels, wordGrid, wordVariants, type FakeQuantizeAttrs } from "./quantizer.ts";

export const fakeQuantize: OpDef<FakeQuantizeAttrs> = {
  name: "fakeQuantize",
  inputs: ["x", "scale", "zeroPoint"],
  outputs: ["y"],
  quantization: "float",
  quantizer: true,
  defaults: { axis: null },

  infer: (types, attrs, where) => ({ y: inferFakeQuantize(types, attrs, where) }),

  reference({ x, scale, zeroPoint }, attrs) {
    const y = zeros("f32", x!.shape);
    forEachElement(typeChannels(x!, attrs.axis), (i, c) => {
      y.data[i] = fakeQuantizeValue(x!.data[i]!, scale!.data[c]!, zeroPoint!.data[c]!, attrs);
    });
    return { y };
  },

  kernel: ({ x }, { quantMin, quantMax, axis }, device) =>
    wordVariants(wordGrid(x!, axis, device, { packed: false }), vec4, any, { params: { quantMin, quantMax } }),

  grad(b, { inputs: { x, scale, zeroPoint }, attrs }, { y: dy }) {
    return { x: dy ? b.emit(fakeQuantizeBackward, { dy, x, scale, zeroPoint }, attrs).dx! : null, scale: null, zeroPoint: null };
  },
};
