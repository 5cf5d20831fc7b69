/**
 * qmaxPool2d: y[n, oy, ox, c] = max over ky, kx of x[n, oy sh - top + ky dh, ox sw - left + kx dw, c], of the stored
 * integers: x and y share scale and zero point. Padding never wins: only pixels inside the image count. x i8 or u8
 * [n, h, w, c], padding [top, bottom, left, right], such that every window meets the image; ceilMode as in maxPool2d.
 */
import { allocate, numel, sizes, tensor } from "../tensor/index.ts";
import { ceilDiv } from "./kernel.ts";
import type { Emitter, Lowering, NodeView, OpDef, Quantized, Shader, Variant } from "./op.ts";
import { inferPool2d, isPairs, maxPool2dDefaults, poolCall, poolParams, type MaxPool2dAttrs } from "./pool.ts";
import { quantized, SIGNS } from "./requantized.ts";
import { forEachTap } from "./window.ts";
import pairsShader from "../../shaders/qmaxPool2dPairs.wgsl";
import shader from "../../shaders/qmaxPool2d.wgsl";

export const qmaxPool2d: OpDef<MaxPool2dAttrs> = {
  name: "qmaxPool2d",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "float",
  defaults: maxPool2dDefaults,

  infer: ({ x }, attrs, where) => ({ y: inferPool2d(x!, attrs, where, "i8", "u8") }),

  reference({ x }, attrs) {
    const shape = sizes(qmaxPool2d.infer({ x: x! }, attrs, "qmaxPool2d").y!.shape);
    const c = shape[3]!;
    const y = allocate(x!.dtype, numel(shape)).fill(x!.dtype === "i8" ? -128 : 0);
    forEachTap(x!.shape, shape, attrs, (pixel, from) => {
      for (let i = 0; i < c; i++) if (x!.data[from + i]! > y[pixel * c + i]!) y[pixel * c + i] = x!.data[from + i]!;
    });
    return { y: tensor(x!.dtype, shape, y) };
  },

  kernel(types, attrs, device) {
    const y = qmaxPool2d.infer(types, attrs, "qmaxPool2d").y!;
    const words = ceilDiv(types.x!.shape[3] as number, 4);
    // A part is 4 words.
    const parts = ceilDiv(words, 4);
    const [from, to] = [sizes(types.x!.shape), sizes(y.shape)];
    const params = { ...poolParams(from, to, { window: attrs }), parts, pixelStep: words, flip: y.dtype === "i8" ? SIGNS : 0 };
    const variant = (name: string, shader: Shader): Variant => ({
      name,
      calls: [poolCall(shader, numel(to.slice(0, 3)) * parts, params, device)],
    });
    return [{ when: words % 4 === 0 && isPairs(from, to, attrs), ...variant("pairs", pairsShader) }, variant("4 words", shader)];
  },
};

/** The integer form of a max pool: it shares scale and zero point with its input. */
export function lowerMaxPool2d(b: Emitter, node: NodeView, q: Lowering): Quantized {
  const x = q.input("x");
  return quantized(b.emit(qmaxPool2d, { x: x.value }, node.attrs as MaxPool2dAttrs, node.name).y!, x.qparams);
}
