/**
 * qmaxPool2d: y[n, oy, ox, c] = max over ky, kx of x[n, oy sh - top + ky, ox sw - left + kx, c], of the stored integers:
 * x and y share scale and zero point. Padding never wins: only pixels inside the image count. x i8 or u8 [n, h, w, c],
 * padding [top, bottom, left, right], each less than the kernel, so that every window meets the image.
 */
import { ShapeError } from "../errors.ts";
import { allocate, numel, sizes, tensor } from "../tensor/index.ts";
import { expectDType, expectRank } from "./check.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { Emitter, Lowering, NodeView, OpDef, Quantized } from "./op.ts";
import { quantized, SIGNS } from "./requantized.ts";
import { forEachTap, windowOutput, type Window } from "./window.ts";
import shader from "../../shaders/qmaxPool2d.wgsl";

export type QmaxPool2dAttrs = {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
};

export const qmaxPool2d: OpDef<QmaxPool2dAttrs> = {
  name: "qmaxPool2d",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "float",
  defaults: { padding: [0, 0, 0, 0] },

  infer({ x }, { kernel, stride, padding }, where) {
    expectDType(where, "x", x!, "i8", "u8");
    expectRank(where, "x", x!, 4, "[n, h, w, c]");
    const [oh, ow] = windowOutput(where, x!, { kernel, stride, padding });
    for (let side = 0; side < 4; side++)
      if (padding[side]! >= kernel[side >> 1]!)
        throw new ShapeError({
          code: "padding-too-large",
          where,
          problem: "a window would lie in the padding alone",
          expected: `padding below the kernel [${kernel.join(", ")}]`,
          got: `[${padding.join(", ")}]`,
        });
    return { y: { dtype: x!.dtype, shape: [x!.shape[0]!, oh, ow, x!.shape[3]!] } };
  },

  reference({ x }, attrs) {
    const shape = sizes(qmaxPool2d.infer({ x: x! }, attrs, "qmaxPool2d").y!.shape);
    const c = shape[3]!;
    const y = allocate(x!.dtype, numel(shape)).fill(x!.dtype === "i8" ? -128 : 0);
    const window: Window = attrs;
    forEachTap(x!.shape, shape, window, (pixel, from) => {
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
  const { kernel, stride, padding } = node.attrs as QmaxPool2dAttrs;
  return quantized(b.emit(qmaxPool2d, { x: x.value }, { kernel, stride, padding }, node.name).y!, x.qparams);
}
