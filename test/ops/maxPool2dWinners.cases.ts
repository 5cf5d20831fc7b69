import { maxPool2dWinners } from "../../src/ops/maxPool2dWinners.ts";
import { tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";
import { coarse, EXTREMES, narrowPool, RANDOM_CHANNELS } from "../support/pools.ts";

/** A byte of winners: the row, and columns in the first row and the one after it. */
const code = (row: number, column: number, next = 0): number => row + 8 * column + 32 * next;

export const maxPool2dWinnersCases: OpCases = {
  op: maxPool2dWinners,
  cases: [
    {
      name: "ties: the first row that has the maximum, and each row's first column",
      inputs: { x: f32Tensor([1, 3, 3, 1], [1, 5, 5, 5, 0, 7, 7, 7, 2]) },
      attrs: { kernel: [2, 2], stride: [1, 1] },
      expected: {
        y: f32Tensor([1, 2, 2, 1], [5, 7, 7, 7]),
        winners: tensor("u8", [1, 3, 2, 1], Uint8Array.of(code(0, 1), code(1, 0), code(1, 0), code(0, 1), code(0, 0), code(0, 0))),
      },
    },
    {
      name: "padding is the nearest pixel, counted from where the window begins",
      inputs: { x: f32Tensor([1, 2, 2, 1], [1, 2, 4, 3]) },
      attrs: { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] },
      expected: {
        y: f32Tensor([1, 1, 1, 1], [4]),
        winners: tensor("u8", [1, 2, 1, 1], Uint8Array.of(code(2, 2, 2), code(0, 1, 1))),
      },
    },
    { name: "a word of channels and three left over", inputs: { x: fixed(1, 1, 5, 7, 7) }, attrs: { kernel: [3, 3], stride: [1, 1] } },
    {
      name: "whole words of channels, -0 and 0 tie",
      inputs: { x: coarse(fixed(2, 2, 7, 5, 8)) },
      attrs: { kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1] },
    },
    {
      name: "ties everywhere, rows of winners that y does not have",
      inputs: { x: coarse(fixed(3, 2, 7, 6, 5)) },
      attrs: { kernel: [3, 3], stride: [2, 2], padding: [0, 0, 2, 1] },
    },
    {
      name: "ties everywhere, 3 and 2 taps, 1 and 2 apart, more rows than a thread takes",
      inputs: { x: coarse(fixed(4, 1, 71, 5, 5)) },
      attrs: { kernel: [3, 2], stride: [1, 2], padding: [2, 2, 1, 1] },
    },
    {
      name: "NaN of both signs, zeros and infinities tie",
      inputs: { x: EXTREMES },
      attrs: { kernel: [2, 2], stride: [1, 1], padding: [1, 0, 0, 1] },
    },
    {
      name: "NaN of both signs, zeros and infinities tie in larger windows",
      inputs: { x: EXTREMES },
      attrs: { kernel: [3, 3], stride: [2, 1], padding: [1, 2, 2, 0], ceilMode: true },
    },
    { name: "windows that do not overlap", inputs: { x: coarse(fixed(5, 1, 7, 5, 3)) }, attrs: { kernel: [2, 2], stride: [2, 2] } },
  ],
  random(r) {
    const { window: attrs, image } = narrowPool(r);
    const x = normal(r, [r.int(1, 3), ...image, r.pick(RANDOM_CHANNELS)]);
    return { name: "random", inputs: { x: r.int(0, 1) === 0 ? x : coarse(x) }, attrs: { ...attrs } };
  },
};
