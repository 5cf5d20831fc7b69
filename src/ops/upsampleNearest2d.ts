/**
 * y[n, oy, ox, c] = x[n, floor(oy / scale[0]), floor(ox / scale[1]), c] for whole factors: each pixel becomes a block of
 * them. x f32 [n, h, w, c]. Source: PyTorch's Upsample(mode="nearest"), ONNX's Resize (nearest, asymmetric, floor).
 */
import { expectDType } from "./check.ts";
import type { OpDef } from "./op.ts";
import { lowerUpsampleNearest2d } from "./qupsampleNearest2d.ts";
import { upsample, upsampledType, upsampleKernel, type UpsampleAttrs } from "./upsample.ts";
import { upsampleNearest2dBackward } from "./upsampleNearest2dBackward.ts";

export const upsampleNearest2d: OpDef<UpsampleAttrs> = {
  name: "upsampleNearest2d",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "sharesInput",
  defaults: { scale: [2, 2] },

  infer({ x }, attrs, where) {
    expectDType(where, "x", x!, "f32");
    return { y: upsampledType(x!, attrs, where) };
  },

  reference: ({ x }, attrs) => ({ y: upsample(x!, attrs) }),

  grad: (b, { attrs }, { y: dy }) => ({ x: dy ? b.emit(upsampleNearest2dBackward, { dy }, attrs).dx! : null }),

  lower: lowerUpsampleNearest2d,

  kernel: ({ x }, attrs, device) => upsampleKernel(x!, attrs, device),
};
