/**
 * y = f32((clamp(rhe(f32(x * f32(1 / s))) + z, qmin, qmax) - z) * s): x rounded to what integers can hold. x and y f32;
 * scale f32 and zeroPoint i32, [1] or [channels]. Straight-through gradient. Source: PyTorch's fake_quantize_per_tensor /
 * per_channel_affine. Scales are normal f32 below 2^126; infinities saturate, NaN gives qmin.
 * A zeroPoint in f32 (PyTorch's float qparams) is not rounded: clamp(rhe(f32(f32(x * f32(1 / s)) + z)), qmin, qmax). Integers
 * cannot compute with it, so that it has no converted form.
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

  infer: (types, attrs, where) => ({ y: inferFakeQuantize(types, attrs, where, ["i32", "f32"]) }),

  reference({ x, scale, zeroPoint }, attrs) {
    const [y, float] = [zeros("f32", x!.shape), zeroPoint!.dtype === "f32"];
    forEachElement(typeChannels(x!, attrs.axis), (i, c) => {
      y.data[i] = fakeQuantizeValue(x!.data[i]!, scale!.data[c]!, zeroPoint!.data[c]!, attrs, float);
    });
    return { y };
  },

  kernel: ({ x, zeroPoint }, { quantMin, quantMax, axis }, device) =>
    wordVariants(wordGrid(x!, axis, device, { packed: false }), vec4, any, {
      constants: { FLOAT_ZERO_POINT: zeroPoint!.dtype === "f32" },
      params: { quantMin, quantMax },
    }),

  grad(b, { inputs: { x, scale, zeroPoint }, attrs }, { y: dy }) {
    return { x: dy ? b.emit(fakeQuantizeBackward, { dy, x, scale, zeroPoint }, attrs).dx! : null, scale: null, zeroPoint: null };
  },
};
