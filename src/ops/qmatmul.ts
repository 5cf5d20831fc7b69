/**
 * Kernel plans of qconv2d and qlinear; a linear layer is a convolution of 1 x 1 images. All variants give the same bits, so
 * the choice is a matter of speed alone: they differ in the order of exact sums.
 */
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, Variant } from "./op.ts";
import { requantizeParams, type RequantizeAttrs } from "./requantized.ts";
import type { Window } from "./window.ts";
import shader from "../../shaders/qconv2d.wgsl";

export interface Geometry {
  /** [n, h, w, ic] */
  readonly x: readonly number[];
  /** [n, oh, ow, oc] */
  readonly y: readonly number[];
  readonly window: Window;
}

export function qmatmulVariants({ x, y, window }: Geometry, attrs: RequantizeAttrs, device: DeviceInfo): readonly Variant[] {
  const [, h, w, ic] = x as [number, number, number, number];
  const [n, oh, ow, oc] = y as [number, number, number, number];
  const { kernel, stride, padding } = window;
  const pixels = n * oh * ow;
  const params = {
    pixels,
    h,
    w,
    icWords: ceilDiv(ic, 4),
    oc,
    oh,
    ow,
    kh: kernel[0]!,
    kw: kernel[1]!,
    sh: stride[0]!,
    sw: stride[1]!,
    top: padding[0]!,
    left: padding[2]!,
    ...requantizeParams(attrs),
  };
  return [{ name: "registers 4x4", calls: [{ shader, params, workgroups: dispatch1d(ceilDiv(pixels, 4) * ceilDiv(oc, 4), 64, device) }] }];
}
