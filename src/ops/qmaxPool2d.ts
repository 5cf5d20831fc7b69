/**
 * qmaxPool2d: y[n, oy, ox, c] = max over ky, kx of x[n, oy sh - top + ky dh, ox sw - left + kx dw, c], of the stored
 * integers: x and y share scale and zero point. Padding never wins: only pixels inside the image count. x i8 or u8
 * [n, h, w, c], padding [top, bottom, left, right], such that every window meets the image; ceilMode as in maxPool2d.
 */
import { allocate, numel, sizes, tensor } from "../tensor/index.ts";
import type { Emitter, Lowering, NodeView, OpDef, Quantized } from "./op.ts";
import { inferPool2d, maxPool2dDefaults, poolParams, runVariants, wordSizes, type MaxPool2dAttrs } from "./pool.ts";
import { stripVariant } from "./qstrips.ts";
import { quantized } from "./requantized.ts";
import { forEachTap } from "./window.ts";
import shader from "../../shaders/qmaxPool2d.wgsl";
import vec4Shader from "../../shaders/qmaxPool2dVec4.wgsl";
import stripsShader from "../../shaders/qmaxPool2dStrips.wgsl";

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
    const [from, to] = [wordSizes(types.x!), wordSizes(y)];
    const bytes = types.x!.shape[3] as number;
    const params = { ...poolParams(from, to, { window: attrs }), bytes, flip: y.dtype === "i8" ? 0x00808080 : 0x80000000 };
    return [
      // Rows that windows share are loaded once in a strip; others go faster in vec4s.
      ...(attrs.stride[0] === 1 || params.channels % 4 !== 0 || attrs.kernel.some((k) => k > 3)
        ? [stripVariant(stripsShader, to[0]!, params, attrs, {}, device)]
        : []),
      ...runVariants(vec4Shader, shader, to[0]!, params, attrs, {}, device),
    ];
  },
};

/** The integer form of a max pool: it shares scale and zero point with its input. */
export function lowerMaxPool2d(b: Emitter, node: NodeView, q: Lowering): Quantized {
  const x = q.input("x");
  return quantized(b.emit(qmaxPool2d, { x: x.value }, node.attrs as MaxPool2dAttrs, node.name).y!, x.qparams);
}
