import { avgPool2d } from "../../src/ops/avgPool2d.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";
import { largePool, narrowPool, randomPool, RANDOM_CHANNELS } from "../support/pools.ts";

const padded = { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] };

export const avgPool2dCases: OpCases = {
  op: avgPool2d,
  differentiable: ["x"],
  tolerance: {
    rtol: 1e-5,
    atol: 1e-6,
    why: "the GPU adds up to 117 numbers of about 1 in f32, at most 35 one after the other, and divides to 2.5 ulp, twice; the reference adds in f64",
  },
  cases: [
    {
      name: "padding counts, what ceilMode adds does not: 6 / 3, not 6 / 2 or 6 / 4",
      inputs: { x: f32Tensor([1, 1, 5, 1], [1, 2, 3, 2, 6]) },
      attrs: { kernel: [1, 4], stride: [1, 4], padding: [0, 0, 1, 2], ceilMode: true },
      expected: { y: f32Tensor([1, 1, 2, 1], [1.5, 8 / 4]) },
    },
    {
      name: "a window beyond the padding: its part outside never counts",
      inputs: { x: f32Tensor([1, 1, 5, 1], [1, 2, 3, 2, 6]) },
      attrs: { kernel: [1, 4], stride: [1, 4], padding: [0, 0, 1, 1], ceilMode: true },
      expected: { y: f32Tensor([1, 1, 2, 1], [1.5, 8 / 3]) },
    },
    {
      name: "padding does not count",
      inputs: { x: f32Tensor([1, 1, 5, 1], [1, 2, 3, 2, 6]) },
      attrs: { kernel: [1, 4], stride: [1, 4], padding: [0, 0, 1, 1], ceilMode: true, countIncludePad: false },
      expected: { y: f32Tensor([1, 1, 2, 1], [2, 4]) },
    },
    {
      name: "one divisor for all windows",
      inputs: { x: f32Tensor([1, 1, 5, 1], [1, 2, 3, 2, 6]) },
      attrs: { kernel: [1, 4], stride: [1, 4], padding: [0, 0, 1, 1], ceilMode: true, countIncludePad: false, divisorOverride: 8 },
      expected: { y: f32Tensor([1, 1, 2, 1], [0.75, 1]) },
    },
    { name: "a row and a column left over, 5 channels", inputs: { x: fixed(1, 2, 7, 11, 5) }, attrs: { kernel: [2, 2], stride: [2, 2] } },
    { name: "2 x 2 without loops", inputs: { x: fixed(7, 2, 6, 10, 8) }, attrs: { kernel: [2, 2], stride: [2, 2] } },
    {
      name: "2 x 2 without loops, a row and a column left over, a divisor",
      inputs: { x: fixed(8, 2, 7, 5, 4) },
      attrs: { kernel: [2, 2], stride: [2, 2], divisorOverride: 3 },
    },
    {
      name: "2 x 2, rounded up to windows of half and a quarter",
      inputs: { x: fixed(9, 1, 7, 5, 4) },
      attrs: { kernel: [2, 2], stride: [2, 2], ceilMode: true },
    },
    { name: "whole vec4s of channels", inputs: { x: fixed(2, 2, 7, 5, 8) }, attrs: padded },
    { name: "rounded up, 7 channels", inputs: { x: fixed(3, 2, 8, 6, 7) }, attrs: { ...padded, ceilMode: true, countIncludePad: false } },
    {
      name: "everything asymmetric",
      inputs: { x: fixed(4, 1, 8, 9, 3) },
      attrs: { kernel: [2, 3], stride: [1, 2], padding: [1, 0, 2, 1], countIncludePad: false },
    },
    {
      name: "3 x 3 one pixel apart, more rows than a thread takes, 8 channels",
      inputs: { x: fixed(7, 1, 71, 5, 8) },
      attrs: { kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1], countIncludePad: false },
    },
    {
      name: "2 x 2 pairs with a rest, 6 channels",
      inputs: { x: fixed(8, 2, 5, 7, 6) },
      attrs: { kernel: [2, 2], stride: [2, 2], ceilMode: true },
    },
    {
      name: "7 x 5 pixels, windows past the image that count what is in it, 5 channels",
      inputs: { x: fixed(10, 2, 9, 13, 5) },
      attrs: { kernel: [7, 5], stride: [1, 2], padding: [6, 3, 4, 1], ceilMode: true, countIncludePad: false },
    },
    {
      name: "5 x 6 pixels by 2 and 1, padding counts, what ceilMode adds does not",
      inputs: { x: fixed(11, 1, 12, 9, 8) },
      attrs: { kernel: [5, 6], stride: [2, 1], padding: [1, 2, 5, 2], ceilMode: true },
    },
    {
      name: "4 x 4 pixels by 2, a divisor that counts once",
      inputs: { x: fixed(12, 1, 8, 10, 3) },
      attrs: { kernel: [4, 4], stride: [2, 2], padding: [1, 1, 1, 1], divisorOverride: 7 },
    },
    {
      name: "a tap outside of the image is none, though the nearest is large",
      inputs: { x: f32Tensor([1, 1, 9, 1], [1000, 1, 2, 3, 4, 5, 6, 7, -1000]) },
      attrs: { kernel: [1, 4], stride: [1, 1], padding: [0, 0, 3, 3], countIncludePad: false },
    },
    { name: "a row of 5 pixels, columns as they are", inputs: { x: fixed(13, 2, 3, 9, 4) }, attrs: { kernel: [1, 5], stride: [1, 1] } },
    {
      name: "a column of 7 pixels by 2, a divisor, 3 x 3 units a row",
      inputs: { x: fixed(14, 2, 11, 3, 3) },
      attrs: { kernel: [7, 1], stride: [2, 1], padding: [3, 3, 0, 0], divisorOverride: 5 },
    },
    { name: "stride larger than the kernel", inputs: { x: fixed(5, 2, 9, 8, 2) }, attrs: { kernel: [2, 1], stride: [3, 3] } },
    { name: "one window over all", inputs: { x: fixed(6, 3, 5, 7, 31) }, attrs: { kernel: [5, 7], stride: [1, 1] } },
  ],
  random(r) {
    const {
      window: { kernel, stride, padding, ceilMode },
      image,
    } = r.pick([() => randomPool(r, 9, false), narrowPool, largePool])(r);
    const attrs = { kernel, stride, padding, ceilMode, countIncludePad: r.int(0, 1) === 0, divisorOverride: r.pick([null, null, 3]) };
    return { name: "random", inputs: { x: normal(r, [r.int(1, 3), ...image, r.pick(RANDOM_CHANNELS)]) }, attrs };
  },
};
