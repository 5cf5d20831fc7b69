/** AveragePool with dilations, which dot4's pool does not have. */
import { conv2d } from "../../ops/conv2d.ts";
import { mul } from "../../ops/mul.ts";
import type { Value } from "../../ops/op.ts";
import { windowOutput } from "../../ops/window.ts";
import { filled, tensor } from "../../tensor/index.ts";
import type { Context } from "../context.ts";
import { tapsAlong, wholeWindows, type OnnxWindow } from "../window.ts";

interface Averages {
  readonly ceil: boolean;
  readonly countIncludePad: boolean;
  readonly name?: string;
}

/** An average of pixels that lie apart: the sum is a convolution of each channel with ones, then comes the divisor. */
export function spreadAverage(c: Context, x: Value, window: OnnxWindow, { ceil, countIncludePad, name }: Averages): Value {
  const { kernel, stride, dilation, padding } = window;
  const like = windowOutput(c.where, c.typeOf(x), { ...window, ceilMode: ceil });
  const shape = c.typeOf(x).shape as readonly number[];
  const channels = shape[3]!;
  c.expectTable(Math.max(like[0] * kernel[0], like[1] * kernel[1], like[0] * like[1], channels * kernel[0] * kernel[1]));
  const around = ([0, 1] as const).flatMap((axis) => wholeWindows(shape[axis + 1]!, like[axis]!, window, axis));
  const ones = c.constant(
    filled("f32", [channels, ...kernel, 1], () => 1),
    "ones",
  );
  const sum = c.emit(conv2d, { x, weight: ones }, { stride, dilation, padding: around, groups: channels }, "sum").y!;
  const counts = ([0, 1] as const).map((axis) => {
    const [before, after] = countIncludePad ? (padding.slice(2 * axis) as [number, number]) : [0, 0];
    const positions = tapsAlong(like[axis]!, window, axis).map((at) => at - padding[2 * axis]!);
    const inside = positions.map((at) => Number(at >= -before && at < shape[axis + 1]! + after));
    return Array.from({ length: like[axis]! }, (_, o) => inside.slice(o * kernel[axis], (o + 1) * kernel[axis]).reduce((s, v) => s + v, 0));
  }) as [number[], number[]];
  const inverse = counts[0].flatMap((rows) => counts[1].map((columns) => 1 / (rows * columns)));
  return c.emit(mul, { a: sum, b: c.constant(tensor("f32", [1, ...like, 1], inverse), "inverse") }, {}, name).y!;
}
