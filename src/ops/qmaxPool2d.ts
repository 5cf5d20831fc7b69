/**
 * qmaxPool2d: y[n, oy, ox, c] = max over ky, kx of x[n, oy sh - top + ky, ox sw - left + kx, c], of the stored integers:
 * x and y share scale and zero point. Padding never wins: only pixels inside the image count. x i8 or u8 [n, h, w, c],
 * padding [top, bottom, left, right], each less than the kernel, so that every window meets the image.
 */
import { allocate, numel, sizes, tensor } from "../tensor/index.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { Emitter, Lowering, NodeView, OpDef, Quantized } from "./op.ts";
import { inferMaxPool2d, type MaxPool2dAttrs } from "./pool.ts";
import { quantized, SIGNS } from "./requantized.ts";
import { forEachTap } from "./window.ts";
import shader from "../../shaders/qmaxPool2d.wgsl";

export const qmaxPool2d: OpDef<MaxPool2dAttrs> = {
  name: "qmaxPool2d",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "float",
  defaults: { padding: [0, 0, 0, 0] },

  infer: ({ x }, attrs, where) => ({ y: inferMaxPool2d(x!, attrs, where, "i8", "u8") }),

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
    const [, h, w, channels] = sizes(types.x!.shape) as [number, number, number, number];
    const [n, oh, ow] = sizes(y.shape) as [number, number, number, number];
    const pixels = n * oh * ow;
    const [kh, kw] = attrs.kernel;
    const [sh, sw] = attrs.stride;
    const [top, , left] = attrs.padding;
    const params = {
      pixels,
      h,
      w,
      channels,
      oh,
      ow,
      kh: kh!,
      kw: kw!,
      sh: sh!,
      sw: sw!,
      top: top!,
      left: left!,
      flip: y.dtype === "i8" ? SIGNS : 0,
    };
    const threads = pixels * ceilDiv(ceilDiv(channels, 4), 4);
    return [{ name: "4 words", calls: [{ shader, params, workgroups: dispatch1d(threads, 64, device) }] }];
  },
};

/** The integer form of a max pool: it shares scale and zero point with its input. */
export function lowerMaxPool2d(b: Emitter, node: NodeView, q: Lowering): Quantized {
  const x = q.input("x");
  const { kernel, stride, padding } = node.attrs as MaxPool2dAttrs;
  return quantized(b.emit(qmaxPool2d, { x: x.value }, { kernel, stride, padding }, node.name).y!, x.qparams);
}
