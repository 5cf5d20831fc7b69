/** What the kernel plans of integer convolutions share: where windows lie, how weights are packed, overrides and bindings. */
import { sizes } from "../tensor/index.ts";
import { ceilDiv } from "./kernel.ts";
import type { DeviceInfo, Types } from "./op.ts";
import { packingOf } from "./packWeight.ts";
import { requantizeConstants, SIGNS, type RequantizeAttrs } from "./requantized.ts";
import type { Window } from "./window.ts";

export type ConvolutionWindow = {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
};

/** The window, with the packed weight [oc / 4, kh, kw, words, 4, 4] or, depthwise, [kh, kw, oc]. */
export const packedWindow = (
  weight: { readonly shape: readonly (number | string)[] },
  { stride, padding, dilation }: ConvolutionWindow,
): Window => ({
  kernel: sizes(weight.shape.length === 3 ? weight.shape.slice(0, 2) : weight.shape.slice(1, 3)),
  stride,
  padding,
  dilation,
});

export interface ConvolutionShape {
  /** [n, h, w, ic] */
  readonly x: readonly number[];
  /** [n, oh, ow, oc] */
  readonly y: readonly number[];
  readonly window: Window;
  readonly groups: number;
}

/** What plans depend on. */
export interface Layer {
  readonly shape: ConvolutionShape;
  readonly types: Types;
  readonly attrs: RequantizeAttrs;
  readonly device: DeviceInfo;
}

export const packing = ({ x, y, groups }: ConvolutionShape) => packingOf(y[3]!, x[3]! / groups, groups);

/** Params that tell where windows lie: what lib/qwindow.wgsl needs. */
export function geometryOf({ x, y, window }: ConvolutionShape) {
  const { kernel, stride, padding, dilation = [1, 1] } = window;
  const [, h, w, ic] = x as [number, number, number, number];
  const [n, oh, ow] = y as [number, number, number, number];
  const [kh, kw] = kernel as [number, number];
  const [sh, sw] = stride as [number, number];
  const [dh, dw] = dilation as [number, number];
  const [top, , left] = padding as [number, number, number, number];
  return { pixels: n * oh * ow, h, w, icWords: ceilDiv(ic, 4), oh, ow, bottom: kh * dh, right: kw * dw, dh, dw, sh, sw, top, left };
}

/** Overrides of lib/qproduct.wgsl. */
export const productConstants = ({ x, weightZeroPoint }: Types, attrs: RequantizeAttrs) => ({
  ...requantizeConstants(attrs),
  FLIP: x!.dtype === "u8" ? SIGNS : 0,
  ASYMMETRIC: weightZeroPoint !== undefined,
});

/** Where asymmetric weights have no zero points, any buffer may stand for what goes with them. */
export const productBindings = ({ weightZeroPoint }: Types, centeredSums: string): Readonly<Record<string, string>> => ({
  centeredSums: weightZeroPoint ? centeredSums : "weightSum",
});
