import { qmaxPool2d } from "../../src/ops/qmaxPool2d.ts";
import { tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { randomPool } from "../support/pools.ts";
import { CHANNELS, filled, made, randomI8 } from "../support/quantized.ts";

const padded = { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] };

export const qmaxPool2dCases: OpCases = {
  op: qmaxPool2d,
  cases: [
    {
      name: "padding never wins, not even over -128",
      inputs: { x: filled([1, 3, 3, 5], -128) },
      attrs: padded,
      expected: { y: filled([1, 2, 2, 5], -128) },
    },
    {
      name: "each lane has a maximum of its own",
      inputs: { x: tensor("i8", [1, 2, 2, 3], [1, -128, 5, 2, 127, -6, -3, 0, -7, -4, 1, 4]) },
      attrs: { kernel: [2, 2], stride: [2, 2] },
      expected: { y: tensor("i8", [1, 1, 1, 3], [2, 127, 5]) },
    },
    {
      name: "equal bytes in a high lane over different ones in the lanes below",
      inputs: { x: tensor("i8", [1, 1, 3, 4], [5, 1, -9, 7, -5, 2, 9, 7, 3, -128, 0, 7]) },
      attrs: { kernel: [1, 3], stride: [1, 1] },
      expected: { y: tensor("i8", [1, 1, 1, 4], [5, 2, 9, 7]) },
    },
    {
      name: "u8: 200 is more than 100",
      inputs: { x: tensor("u8", [1, 1, 2, 2], [200, 0, 100, 255]) },
      attrs: { kernel: [1, 2], stride: [1, 1] },
      expected: { y: tensor("u8", [1, 1, 1, 2], [200, 255]) },
    },
    {
      name: "rows and columns that no window reaches",
      inputs: { x: made([2, 5, 7, 3], (i) => ((i * 91) % 256) - 128) },
      attrs: { kernel: [2, 3], stride: [2, 2] },
    },
    {
      name: "asymmetric padding and stride",
      inputs: { x: made([1, 7, 5, 2], (i) => ((i * 57) % 256) - 128) },
      attrs: { kernel: [3, 2], stride: [1, 3], padding: [0, 2, 1, 0] },
    },
    {
      name: "2 x 2 without loops, 31 channels, a row and a column left over",
      inputs: { x: made([2, 5, 7, 31], (i) => ((i * 91) % 256) - 128) },
      attrs: { kernel: [2, 2], stride: [2, 2] },
    },
    {
      name: "2 x 2 without loops, u8: high bytes over different ones below",
      inputs: {
        x: tensor(
          "u8",
          [1, 4, 2, 16],
          Uint8Array.from({ length: 128 }, (_, i) => (i * i * 29) % 256),
        ),
      },
      attrs: { kernel: [2, 2], stride: [2, 2] },
    },
    ...[
      [1, 1],
      [2, 2],
      [1, 3],
    ].map((stride) => ({
      name: `3 x 3 by ${stride.join(", ")}: what columns share, in all words of vec4s`,
      inputs: { x: made([2, 5, 9, 16], (i) => ((i * i * 91) % 256) - 128) },
      attrs: { kernel: [3, 3], stride, padding: [1, 1, 1, 1] },
    })),
    ...[3, 4, 5, 9].map((width) => ({
      name: `${width} columns of one word: what lies past a strip's last column is not stored`,
      inputs: { x: made([200, 4, width, 3], (i) => ((i * i * 57) % 256) - 128) },
      attrs: { kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1] },
    })),
    {
      name: "rows that windows share, columns that they skip, down strips",
      inputs: { x: made([1, 8, 14, 20], (i) => ((i * i * 91) % 256) - 128) },
      attrs: { kernel: [3, 2], stride: [1, 3], padding: [1, 1, 1, 0] },
    },
    ...[1, 2].flatMap((stride) =>
      [4, 5, 6, 7, 8, 9, 10].map((side) => ({
        name: `${side} x ${13 - side} by ${stride}: rows and columns put together by twos and fours, and the one left`,
        inputs: { x: made([2, 15, 14, 9], (i) => ((i * i * 91 + (i >> 3)) % 256) - 128) },
        attrs: { kernel: [side, 13 - side], stride: [stride, stride], padding: [1, 2, 2, 1] },
      })),
    ),
    {
      name: "7 rows by 3, 9 columns by 2: the rows' step is too long for strips",
      inputs: { x: made([1, 15, 14, 4], (i) => ((i * i * 91) % 256) - 128) },
      attrs: { kernel: [7, 9], stride: [3, 2] },
    },
    {
      name: "taps 2 apart, windows that stick out, 33 channels",
      inputs: { x: made([1, 7, 6, 33], (i) => ((i * 57) % 256) - 128) },
      attrs: { kernel: [2, 3], stride: [2, 2], padding: [1, 0, 2, 1], dilation: [2, 2], ceilMode: true },
    },
  ],
  random(r) {
    const { window, image } = randomPool(r, 7);
    const x = randomI8(r, [r.int(1, 2), ...image, r.pick(CHANNELS)], -128);
    const isI8 = r.int(0, 1) === 0;
    return {
      name: "random",
      inputs: {
        x: isI8
          ? x
          : tensor(
              "u8",
              x.shape,
              Uint8Array.from(x.data, (q) => q + 128),
            ),
      },
      attrs: { ...window },
    };
  },
};
