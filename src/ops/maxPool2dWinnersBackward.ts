/**
 * The gradient of maxPool2dWinners: dx[e] = sum of dy over the windows whose first maximum is element e, from what that op kept
 * of them. dy f32 [n, oh, ow, c], winners u8 as maxPool2dWinners has them, dx f32 [n, h, w, c] with inputSize = [h, w]. The
 * reference sums in f64 and rounds once.
 */
import shader from "../../shaders/maxPool2dWinnersBackward.wgsl";
import vec4Shader from "../../shaders/maxPool2dWinnersBackwardVec4.wgsl";
import { inferImage } from "./avgPool2dBackward.ts";
import { expectDType, expectShape } from "./check.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import { inferWinners, winnerRows } from "./maxPoolWinners.ts";
import type { OpDef } from "./op.ts";
import { inferPool2d, maxPool2dDefaults, poolParams, returnCall, type MaxPool2dAttrs } from "./pool.ts";
import { sizes } from "../tensor/index.ts";

export type MaxPool2dWinnersBackwardAttrs = MaxPool2dAttrs & {
  /** [h, w] of the pool's input. */
  readonly inputSize: readonly number[];
};

export const maxPool2dWinnersBackward: OpDef<MaxPool2dWinnersBackwardAttrs> = {
  name: "maxPool2dWinnersBackward",
  inputs: ["dy", "winners"],
  outputs: ["dx"],
  quantization: "float",
  defaults: maxPool2dDefaults,

  infer({ dy, winners }, attrs, where) {
    const dx = inferImage(dy!, attrs.inputSize, where);
    expectShape(where, "dy", dy!, inferPool2d(dx, attrs, where, "f32").shape, "must have the shape of the pool's output");
    expectDType(where, "winners", winners!, "u8");
    expectShape(where, "winners", winners!, inferWinners(dx, attrs, where).shape, "must be what the pool kept");
    return { dx };
  },

  reference({ dy, winners }, attrs) {
    const [n, oh, ow, c] = sizes(dy!.shape) as [number, number, number, number];
    const [h, w] = attrs.inputSize as [number, number];
    const [rows, [down, right]] = [winnerRows(h, attrs), attrs.stride as [number, number]];
    const [g, sums, codes] = [f32Data(dy), f64Zeros([n, h, w, c]), winners!.data as Uint8Array];
    for (let window = 0, from = 0; window < n * oh * ow; window++) {
      const [image, q, p] = [Math.floor(window / (oh * ow)), Math.floor(window / ow) % oh, window % ow];
      for (let i = 0; i < c; i++, from++) {
        const codeOf = (row: number): number => codes[((image * rows + row) * ow + p) * c + i]!;
        const row = q * down + (codeOf(q) & 3);
        const column = p * right + ((codeOf(Math.floor(row / down)) >> (3 + 2 * (row % down))) & 3);
        sums[((image * h + row - attrs.padding[0]!) * w + column - attrs.padding[2]!) * c + i]! += g[from]!;
      }
    }
    return { dx: rounded([n, h, w, c], sums) };
  },

  kernel({ dy }, attrs, device) {
    const output = sizes(dy!.shape);
    const params = poolParams(sizes(inferImage(dy!, attrs.inputSize, "maxPool2dWinnersBackward").shape), output, { window: attrs });
    const along = params.channels % 4 === 0 ? vec4Shader : shader;
    const rows = winnerRows(params.inHeight, attrs);
    return [{ name: "along", calls: [returnCall(along, output[0]!, { ...params, rows }, attrs, device)] }];
  },
};
