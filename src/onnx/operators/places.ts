/** MaxPool's second output: the places of the maxima. */
import { argMax } from "../../ops/argMax.ts";
import { integerBinary, type IntegerOperation } from "../../ops/integerBinary.ts";
import type { Value } from "../../ops/op.ts";
import { reshape } from "../../ops/reshape.ts";
import { transpose } from "../../ops/transpose.ts";
import { windowOutput } from "../../ops/window.ts";
import { filled, numel, sizes, tensor, type Tensor } from "../../tensor/index.ts";
import type { Context } from "../context.ts";
import { asImage, tapsAlong, wholeWindows, windowOf, type WindowAttributes } from "../window.ts";
import { selected, withConstant } from "./pad.ts";

/** Output 1: where each maximum lies in the whole tensor, counted by rows or by columns of an image. */
export function places(c: Context, attributes: WindowAttributes, ceilMode: boolean, byRows: boolean): void {
  const x = c.input(0);
  c.expectType(x, "float");
  const image = asImage(c, x);
  const window = windowOf(c, x, attributes);
  const shape = c.typeOf(image.value).shape;
  if (typeof shape[0] !== "number") return c.unsupported("indices of maxima in a batch of symbolic size");
  const [n, h, w, channels] = sizes(shape) as [number, number, number, number];
  const [oh, ow] = windowOutput(c.where, c.typeOf(image.value), { ...window, ceilMode });
  const [kh, kw] = window.kernel;
  c.expectTable(Math.max(oh * kh, ow * kw, oh * ow, n * channels));
  let seen = image.value;
  for (const axis of [0, 1] as const) {
    const [size, windows] = axis === 0 ? [h, oh] : [w, ow];
    const around = wholeWindows(size, windows, window, axis);
    if (around[0] + around[1] > 0) seen = withConstant(c, seen, axis + 1, around, -Infinity);
    seen = selected(c, seen, axis + 1, tapsAlong(windows, window, axis), "taps");
  }
  const split = c.emit(reshape, { x: seen }, { shape: [n, oh, kh, ow, kw, channels] }, "split").y!;
  const lines = c.emit(transpose, { x: split }, { permutation: [0, 1, 3, 5, 2, 4] }, "lines").y!;
  const tap = c.emit(
    argMax,
    { x: c.emit(reshape, { x: lines }, { shape: [n, oh, ow, channels, kh * kw] }, "windows").y! },
    { axis: -1 },
    "tap",
  ).y!;
  // From the tap's row and column to the place in the image, and on to that in the tensor.
  const [perRow, perColumn] = byRows ? [w, 1] : [1, h];
  const whole = (operation: IntegerOperation, a: Value, b: Value | number, name: string): Value =>
    c.emit(integerBinary, { a, b: typeof b === "number" ? c.constant(tensor("i32", [1], [b]), name) : b }, { operation }, name).y!;
  const row = whole("div", tap, kw, "row");
  const column = whole("sub", tap, whole("mul", row, kw, "skipped"), "column");
  const [stepY, stepX] = [window.dilation[0] * perRow, window.dilation[1] * perColumn];
  const offset = whole("add", whole("mul", row, stepY, "down"), whole("mul", column, stepX, "across"), "offset");
  const starts = i32(
    [1, oh, ow, 1],
    ([, y, at]) => (y! * window.stride[0] - window.padding[0]) * perRow + (at! * window.stride[1] - window.padding[2]) * perColumn,
  );
  const planes = i32([n, 1, 1, channels], ([image, , , channel]) => (image! * channels + channel!) * h * w);
  const inPlane = whole("add", offset, c.constant(starts, "starts"), "inPlane");
  image.output(1, whole("add", inPlane, c.constant(planes, "planes"), "places"), { type: "int64" });
}

/** A tensor of four axes by its indices. */
function i32(shape: readonly [number, number, number, number], of: (index: readonly number[]) => number): Tensor<"i32"> {
  return filled("i32", shape, (i) => of([0, 1, 2, 3].map((axis) => Math.floor(i / numel(shape.slice(axis + 1))) % shape[axis]!)));
}
