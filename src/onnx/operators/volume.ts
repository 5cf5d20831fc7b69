/**
 * Three spatial axes, done by dot4's ops for two. A pool goes over height and width with the depths as channels, then over
 * depth: maxima are maxima of maxima, and of averages the divisor is the product of those along each axis. A convolution gets
 * the slices that its taps along the depth see as channels of one image for each depth of the result.
 */
import { conv2d } from "../../ops/conv2d.ts";
import type { Value } from "../../ops/op.ts";
import { reshape } from "../../ops/reshape.ts";
import { transpose } from "../../ops/transpose.ts";
import { numel } from "../../tensor/index.ts";
import type { Context } from "../context.ts";
import { channelsLast, reshapeTo, type Operand } from "../operand.ts";
import { windowAlong, type AxisWindows, type OnnxWindow } from "../window.ts";
import { selected, withConstant } from "./pad.ts";

/** [n, c, d, h, w] with the depths beside the channels. */
const DEPTH_INSIDE = [0, 3, 4, 2, 1];

const shaped = (c: Context, x: Value, shape: readonly number[], name?: string): Value => c.emit(reshape, { x }, { shape }, name).y!;

/** `pool` pools an image [n, h, w, c]. */
export function poolVolume(c: Context, windows: AxisWindows, pool: (x: Value, window: OnnxWindow, name: string) => Value): void {
  const x = c.input(0);
  const [n, channels, depth, height, width] = x.shape as readonly [number | string, number, number, number, number];
  const batch = reshapeTo([n]);
  const planes = shaped(c, c.value(x, DEPTH_INSIDE), [...batch, height, width, depth * channels], "planes");
  const pooled = pool(planes, windowAlong(windows, [1, 2]), "plane");
  const [, oh, ow] = c.typeOf(pooled).shape as readonly [unknown, number, number];
  const columns = pool(shaped(c, pooled, [...batch, oh * ow, depth, channels], "columns"), windowAlong(windows, [undefined, 0]), "column");
  const od = c.typeOf(columns).shape[2] as number;
  c.output(0, shaped(c, columns, [...batch, oh, ow, od, channels]), { axes: DEPTH_INSIDE });
}

/** Conv of x [n, c, d, h, w] with w [oc, c / groups, kd, kh, kw]. */
export function convVolume(c: Context, w: Operand, bias: Operand | undefined, windows: AxisWindows, groups: number): void {
  const x = c.input(0);
  const { kernel, stride, dilation, before, after } = windows;
  const [n, channels, depth, height, width] = x.shape as readonly [number | string, number, number, number, number];
  if (typeof n !== "number") return c.unsupported("a third spatial axis behind a symbolic one", "`sizes` in load's options");
  const span = (kernel[0]! - 1) * dilation[0]! + 1;
  const od = Math.floor((depth + before[0]! + after[0]! - span) / stride[0]!) + 1;
  if (od < 1)
    return c.fail("kernel-too-large", "the kernel is larger than the padded image", `at most ${depth + before[0]! + after[0]!}`, `${span}`);
  c.expectTable(od * kernel[0]!);
  let slices = c.image(x);
  if (before[0]! + after[0]! > 0) slices = withConstant(c, slices, 1, [before[0]!, after[0]!], 0);
  const taps = Array.from({ length: od }, (_, o) => Array.from({ length: kernel[0]! }, (_, k) => o * stride[0]! + k * dilation[0]!));
  slices = selected(c, slices, 1, taps.flat(), "taps");
  // [images, taps, pixels, groups, channels] -> [images, pixels, groups, taps, channels]
  const split = shaped(c, slices, [n * od, kernel[0]!, height * width, groups, channels / groups], "split");
  const inside = c.emit(transpose, { x: split }, { permutation: [0, 2, 3, 1, 4] }, "inside").y!;
  const images = shaped(c, inside, [n * od, height, width, kernel[0]! * channels], "images");
  const lying = c.parameter(w, DEPTH_INSIDE);
  const [oc, kh, kw, ...rest] = c.typeOf(lying).shape as readonly number[];
  const weight = shaped(c, lying, [oc!, kh!, kw!, numel(rest)], "weight");
  const { stride: steps, dilation: apart, padding } = windowAlong(windows, [1, 2]);
  const attrs = { stride: steps, dilation: apart, padding, groups };
  const y = c.emit(conv2d, { x: images, weight, bias: bias && c.parameter(bias) }, attrs, "planes").y!;
  const [, oh, ow] = c.typeOf(y).shape as readonly [unknown, number, number];
  c.output(0, shaped(c, y, [n, od, oh, ow, oc!]), { axes: channelsLast(5) });
}
