/**
 * maxPool2d of windows of 2 or 3 by 2 or 3 pixels, 1 or 2 pixels apart, that keeps where they have their first maxima, for the
 * gradient: x f32 [n, h, w, c], y f32 [n, oh, ow, c], winners u8 [n, ceil((h + top) / sh), ow, c]. In the byte of row q and
 * column p are
 * - bits 0 and 1: the row of window (q, p)'s maximum, counted from the window's first;
 * - bits 3 and 4: where that first row, q sh - top, has its maximum among columns p sw - left + 0, 1, 2;
 * - bits 5 and 6, for sh = 2: where the row after it has.
 * So a maximum's column is in the byte of its own row. Taps outside of the image are the nearest ones in it, counted as such,
 * and windows that y does not have go on below it.
 */
import shader from "../../shaders/maxPool2dWinners.wgsl";
import vec4Shader from "../../shaders/maxPool2dWinnersVec4.wgsl";
import { f32Data } from "./host.ts";
import { maxPool2dWinnersBackward } from "./maxPool2dWinnersBackward.ts";
import { inferWinners, winnersCall } from "./maxPoolWinners.ts";
import type { OpDef } from "./op.ts";
import { inferPool2d, maxPool2dDefaults, poolParams, type MaxPool2dAttrs } from "./pool.ts";
import { sizes, zeros, type Tensor, type TensorType } from "../tensor/index.ts";

const infer = (x: TensorType, attrs: MaxPool2dAttrs, where: string) => ({
  y: inferPool2d(x, attrs, where, "f32"),
  winners: inferWinners(x, attrs, where),
});

const clamp = (v: number, size: number): number => Math.min(Math.max(v, 0), size - 1);

/** The first maximum, NaN above all, of `taps` numbers from place `start` on: where it is, of `size` places. */
function firstMaximum(start: number, taps: number, size: number, valueAt: (place: number) => number): number {
  let [best, most] = [clamp(start, size), valueAt(clamp(start, size))];
  for (let tap = 1; tap < taps; tap++) {
    const place = clamp(start + tap, size);
    const value = valueAt(place);
    if (value > most || (value !== value && most === most)) [best, most] = [place, value];
  }
  return best;
}

/** The maxima of each row for the columns of windows, and their places, counted from the window's first. */
function alongRows(x: Tensor, outputs: number, { kernel, stride, padding }: MaxPool2dAttrs) {
  const [n, h, w, c] = sizes(x.shape) as [number, number, number, number];
  const [maxima, places, data] = [zeros("f32", [n, h, outputs, c]), zeros("u8", [n, h, outputs, c]), f32Data(x)];
  for (let line = 0, to = 0; line < n * h; line++)
    for (let p = 0; p < outputs; p++) {
      const start = p * stride[1]! - padding[2]!;
      for (let i = 0; i < c; i++, to++) {
        const at = (column: number): number => data[(line * w + column) * c + i]!;
        const column = firstMaximum(start, kernel[1]!, w, at);
        maxima.data[to] = at(column);
        places.data[to] = column - start;
      }
    }
  return { maxima: maxima.data, places: places.data };
}

export const maxPool2dWinners: OpDef<MaxPool2dAttrs> = {
  name: "maxPool2dWinners",
  inputs: ["x"],
  outputs: ["y", "winners"],
  quantization: "float",
  defaults: maxPool2dDefaults,

  infer: ({ x }, attrs, where) => infer(x!, attrs, where),

  reference({ x }, attrs) {
    const types = infer(x!, attrs, "maxPool2dWinners");
    const [y, winners] = [zeros("f32", sizes(types.y.shape)), zeros("u8", sizes(types.winners.shape))];
    const [n, h] = sizes(x!.shape) as [number, number];
    const [, rows, width, channels] = winners.shape as [number, number, number, number];
    const [inner, down] = [width * channels, attrs.stride[0]!];
    const { maxima, places } = alongRows(x!, width, attrs);
    for (let image = 0; image < n; image++)
      for (let q = 0; q < rows; q++) {
        const start = q * down - attrs.padding[0]!;
        for (let i = 0; i < inner; i++) {
          const offset = (row: number): number => (image * h + clamp(row, h)) * inner + i;
          const row = firstMaximum(start, attrs.kernel[0]!, h, (place) => maxima[offset(place)]!);
          let code = row - start;
          for (let k = 0; k < down; k++) code += places[offset(start + k)]! << (3 + 2 * k);
          winners.data[(image * rows + q) * inner + i] = code;
          if (q < y.shape[1]!) y.data[(image * y.shape[1]! + q) * inner + i] = maxima[offset(row)]!;
        }
      }
    return { y, winners };
  },

  grad(b, { inputs, outputs, attrs }, { y: dy }) {
    const inputSize = b.type(inputs.x!).shape.slice(1, 3) as number[];
    return { x: dy ? b.emit(maxPool2dWinnersBackward, { dy, winners: outputs.winners }, { ...attrs, inputSize }).dx! : null };
  },

  kernel({ x }, attrs, device) {
    const [from, to] = [sizes(x!.shape), sizes(inferPool2d(x!, attrs, "maxPool2dWinners", "f32").shape)];
    const params = poolParams(from, to, { window: attrs });
    const down = params.channels % 4 === 0 ? vec4Shader : shader;
    return [{ name: "down", calls: [winnersCall(down, from[0]!, params, attrs, {}, device)] }];
  },
};
