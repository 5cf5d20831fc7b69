import { conv2dBackwardWeight } from "../../src/ops/conv2dBackwardWeight.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

export const conv2dBackwardWeightCases: OpCases = {
  op: conv2dBackwardWeight,
  tolerance: {
    rtol: 1e-5,
    atol: 1e-4,
    why: "the GPU adds up to 13,000 products of about 1 in f32, so that partial sums reach 100 and are off by 2^-24 of that each time; the reference adds in f64",
  },
  cases: [
    {
      name: "taps in the order of the kernel",
      inputs: { x: f32Tensor([1, 1, 3, 1], [1, 2, 4]), dy: f32Tensor([1, 1, 2, 1], [10, 1]) },
      attrs: { kernel: [1, 2] },
      expected: { dweight: f32Tensor([1, 1, 2, 1], [12, 24]) },
    },
    {
      name: "a tap that only ever meets padding gets 0",
      inputs: { x: f32Tensor([1, 1, 1, 1], [3]), dy: f32Tensor([1, 1, 1, 1], [5]) },
      attrs: { kernel: [1, 3], padding: [0, 0, 1, 1] },
      expected: { dweight: f32Tensor([1, 1, 3, 1], [0, 15, 0]) },
    },
    {
      name: "prime sizes, stride 2",
      inputs: { x: fixed(1, 2, 7, 11, 5), dy: fixed(2, 2, 4, 6, 7) },
      attrs: { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] },
    },
    {
      name: "one channel: windows as rows, not a multiple of 4",
      inputs: { x: fixed(3, 3, 13, 11, 1), dy: fixed(4, 3, 13, 11, 40) },
      attrs: { kernel: [3, 3], padding: [1, 1, 1, 1] },
    },
    {
      name: "two channels, strides that differ, uneven padding",
      inputs: { x: fixed(5, 1, 9, 17, 2), dy: fixed(6, 1, 3, 8, 3) },
      attrs: { kernel: [2, 5], stride: [3, 2], padding: [0, 1, 2, 0] },
    },
    {
      name: "40 channels: window tiles that cross taps, last one not full",
      inputs: { x: fixed(7, 3, 5, 7, 40), dy: fixed(8, 3, 5, 7, 40) },
      attrs: { kernel: [3, 3], padding: [1, 1, 1, 1] },
    },
    {
      name: "enough work for wide tiles, 39 channels out of 37",
      inputs: { x: fixed(11, 3, 13, 17, 37), dy: fixed(12, 3, 13, 15, 39) },
      attrs: { kernel: [3, 3], padding: [1, 1, 0, 0] },
    },
    {
      name: "enough work for wide tiles of windows as rows",
      inputs: { x: fixed(13, 2, 83, 79, 1), dy: fixed(14, 2, 83, 79, 40) },
      attrs: { kernel: [3, 3], padding: [1, 1, 1, 1] },
    },
    {
      name: "one weight, one pixel",
      inputs: { x: f32Tensor([1, 1, 1, 1], [3]), dy: f32Tensor([1, 1, 1, 1], [5]) },
      attrs: { kernel: [1, 1] },
      expected: { dweight: f32Tensor([1, 1, 1, 1], [15]) },
    },
    {
      name: "more rows than parts: the last part is short",
      inputs: { x: fixed(9, 101, 37, 1, 4), dy: fixed(10, 101, 37, 1, 3) },
      attrs: { kernel: [1, 1] },
    },
  ],
  random(r) {
    const [kh, kw] = [r.int(1, 5), r.int(1, 5)];
    const padding = [r.int(0, 2), r.int(0, 2), r.int(0, 2), r.int(0, 2)] as const;
    const stride = [r.int(1, 3), r.int(1, 3)] as const;
    const h = Math.max(r.int(1, 9), kh - padding[0] - padding[1]);
    const w = Math.max(r.int(1, 9), kw - padding[2] - padding[3]);
    const oh = Math.floor((h + padding[0] + padding[1] - kh) / stride[0]) + 1;
    const ow = Math.floor((w + padding[2] + padding[3] - kw) / stride[1]) + 1;
    const n = r.int(1, 3);
    return {
      name: "random",
      inputs: {
        x: normal(r, [n, h, w, r.pick([1, 2, 3, 4, 5, 7, 16, 31])]),
        dy: normal(r, [n, oh, ow, r.pick([1, 3, 4, 5, 8, 19, 20, 33])]),
      },
      attrs: { stride, padding, kernel: [kh, kw] },
    };
  },
};
