/** Windows of convolutions and pools: ONNX's attributes as dot4's, over images of one or two spatial axes. */
import { ShapeError } from "../errors.ts";
import { ints, text } from "./attributes.ts";
import type { Context } from "./context.ts";
import type { Operand } from "./operand.ts";
import type { Value } from "../ops/op.ts";
import { reshape } from "../ops/reshape.ts";
import { channelsLast, inOrder, reshapeTo } from "./operand.ts";

/** What convolutions and pools have in common. */
export const windowAttributes = { auto_pad: text("NOTSET"), dilations: ints(), kernel_shape: ints(), pads: ints(), strides: ints() };

export interface WindowAttributes {
  readonly auto_pad: string;
  readonly dilations: readonly number[] | undefined;
  readonly kernel_shape: readonly number[] | undefined;
  readonly pads: readonly number[] | undefined;
  readonly strides: readonly number[] | undefined;
}

export interface OnnxWindow {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** [top, bottom, left, right] */
  readonly padding: readonly [number, number, number, number];
}

/**
 * The image as [n, h, w, c], and what brings the result back into as many axes: a single spatial axis is the width of images
 * of one row.
 */
export function asImage(
  c: Context,
  x: Operand,
): { readonly value: Value; readonly output: (i: number, y: Value, form?: { type?: Operand["type"] }) => void } {
  if (x.shape.length === 5) c.unsupported("a third spatial axis", "images [n, c, h, w] or [n, c, w]");
  c.expectRank(x, 3, 4);
  const axes = channelsLast(x.shape.length);
  const value = c.image(x);
  if (x.shape.length === 4) return { value, output: (i, y, form) => c.output(i, y, { axes, ...form }) };
  const [n, channels, width] = x.shape as [number | string, number | string, number | string];
  return {
    value: c.emit(reshape, { x: value }, { shape: reshapeTo([n, 1, width, channels]).map((d, i) => (i === 1 ? 1 : d)) }, "image").y!,
    output(i, y, form) {
      const [, , w, channelsOut] = c.typeOf(y).shape as [unknown, unknown, number, number];
      c.output(i, c.emit(reshape, { x: y }, { shape: reshapeTo([n, w, channelsOut]) }).y!, { axes, ...form });
    },
  };
}

/** The same along each spatial axis, however many there are. */
export interface AxisWindows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** @throws ShapeError for lists of the wrong length, and for auto_pad together with pads */
export function windowsOf(c: Context, x: Operand, a: WindowAttributes, weight?: readonly number[]): AxisWindows {
  const rank = x.shape.length - 2;
  const bad = (problem: string, expected: string, got: string): never => {
    throw new ShapeError({ code: "bad-attribute", where: c.where, problem, expected, got });
  };
  const list = (name: string, values: readonly number[] | undefined, length: number, fallback: number): readonly number[] => {
    if (values === undefined || values.length === 0) return Array<number>(length).fill(fallback);
    if (values.length !== length) bad(`${name} has the wrong length`, `${length} numbers`, `[${values.slice(0, 8).join(", ")}]`);
    return values;
  };
  const shape = a.kernel_shape ?? weight ?? bad("kernel_shape is not given", `${rank} numbers`, "none");
  const kernel = list("kernel_shape", shape, rank, 1);
  if (weight && kernel.some((k, i) => k !== weight[i]))
    bad("kernel_shape is not that of the weight", `[${weight.join(", ")}]`, `[${kernel.join(", ")}]`);
  const stride = list("strides", a.strides, rank, 1);
  const dilation = list("dilations", a.dilations, rank, 1);
  const whole = (name: string, values: readonly number[], least: number): void => {
    if (!values.every((v) => Number.isSafeInteger(v) && v >= least && v < 2 ** 31))
      bad(`${name} cannot be used`, `whole numbers from ${least} on`, `[${values.join(", ")}]`);
  };
  whole("kernel_shape", kernel, 1);
  whole("strides", stride, 1);
  whole("dilations", dilation, 1);
  const pads = list("pads", a.pads, 2 * rank, 0);
  whole("pads", pads, 0);
  if (a.auto_pad !== "NOTSET" && a.auto_pad !== "" && pads.some((p) => p !== 0))
    bad("auto_pad and pads exclude each other", "one of them", `${a.auto_pad.slice(0, 20)} and [${pads.join(", ")}]`);
  const size = x.shape.slice(2).map((d) => (typeof d === "number" ? d : bad("the image has no known size", "numbers", String(d))));
  const [before, after] = padding(c, a.auto_pad, { kernel, stride, dilation, pads, size });
  return { kernel, stride, dilation, before, after };
}

/** Windows over images of one or two spatial axes. @throws as windowsOf */
export function windowOf(c: Context, x: Operand, a: WindowAttributes, weight?: readonly number[]): OnnxWindow {
  const windows = windowsOf(c, x, a, weight);
  return windowAlong(windows, windows.kernel.length < 2 ? [undefined, 0] : [0, 1]);
}

/** The window over two of the axes, as dot4's ops take it; undefined is an axis of size 1. */
export function windowAlong(
  { kernel, stride, dilation, before, after }: AxisWindows,
  axes: readonly [number | undefined, number | undefined],
): OnnxWindow {
  const pair = (values: readonly number[], single: number): [number, number] =>
    axes.map((axis) => (axis === undefined ? single : values[axis]!)) as [number, number];
  const [[top, left], [bottom, right]] = [pair(before, 0), pair(after, 0)];
  return { kernel: pair(kernel, 1), stride: pair(stride, 1), dilation: pair(dilation, 1), padding: [top, bottom, left, right] };
}

interface Axes {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly pads: readonly number[];
  readonly size: readonly number[];
}

/** Padding in front of and behind each spatial axis. */
function padding(
  c: Context,
  mode: string,
  { kernel, stride, dilation, pads, size }: Axes,
): readonly [readonly number[], readonly number[]] {
  const rank = kernel.length;
  if (mode === "NOTSET" || mode === "") return [pads.slice(0, rank), pads.slice(rank)];
  if (mode === "VALID") return [inOrder(rank).map(() => 0), inOrder(rank).map(() => 0)];
  if (mode !== "SAME_UPPER" && mode !== "SAME_LOWER")
    throw new ShapeError({
      code: "bad-attribute",
      where: c.where,
      problem: "auto_pad is unknown",
      expected: "NOTSET, VALID, SAME_UPPER or SAME_LOWER",
      got: mode.slice(0, 40),
    });
  const total = size.map((s, i) => {
    const out = Math.ceil(s / stride[i]!);
    return Math.max(0, (out - 1) * stride[i]! + (kernel[i]! - 1) * dilation[i]! + 1 - s);
  });
  const half = total.map((t) => Math.floor(t / 2));
  const rest = total.map((t, i) => t - half[i]!);
  return mode === "SAME_UPPER" ? [half, rest] : [rest, half];
}

/** Padding in front of and behind an axis in which `out` windows lie whole. */
export const wholeWindows = (
  size: number,
  out: number,
  { kernel, stride, dilation, padding }: OnnxWindow,
  axis: 0 | 1,
): readonly [number, number] => {
  const before = padding[2 * axis]!;
  return [before, Math.max(0, (out - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1 - size - before)];
};

/** Positions of the taps of each window, in the padded image. */
export const tapsAlong = (out: number, { kernel, stride, dilation }: OnnxWindow, axis: 0 | 1): readonly number[] =>
  Array.from({ length: out * kernel[axis] }, (_, i) => Math.floor(i / kernel[axis]) * stride[axis] + (i % kernel[axis]) * dilation[axis]);
