/**
 * upsampleNearest2d of stored integers: x and y share scale and zero point. x i8 or u8 [n, h, w, c], y[n, oy, ox, c] =
 * x[n, floor(oy / scale[0]), floor(ox / scale[1]), c]. Whole words are copied, padding lanes with them.
 */
import { expectDType } from "./check.ts";
import type { Emitter, Lowering, NodeView, OpDef, Quantized } from "./op.ts";
import { upsample, upsampledType, upsampleKernel, type UpsampleAttrs } from "./upsample.ts";

export const qupsampleNearest2d: OpDef<UpsampleAttrs> = {
  name: "qupsampleNearest2d",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "float",
  defaults: { scale: [2, 2] },

  infer({ x }, attrs, where) {
    expectDType(where, "x", x!, "i8", "u8");
    return { y: upsampledType(x!, attrs, where) };
  },

  reference: ({ x }, attrs) => ({ y: upsample(x!, attrs) }),

  kernel: ({ x }, attrs, device) => upsampleKernel(x!, attrs, device),
};

/** The integer form of an upsampling: it shares scale and zero point with its input. */
export function lowerUpsampleNearest2d(b: Emitter, node: NodeView<UpsampleAttrs>, q: Lowering): Quantized {
  const { value, qparams } = q.input("x");
  return { value: b.emit(qupsampleNearest2d, { x: value }, node.attrs, node.name).y!, qparams };
}
