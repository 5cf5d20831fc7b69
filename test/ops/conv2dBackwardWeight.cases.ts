import { conv2dBackwardWeight } from "../../src/ops/conv2dBackwardWeight.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed } from "../support/float.ts";
import { randomConvolution } from "./conv2d.cases.ts";

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
    {
      name: "dilation 2 and 3",
      inputs: { x: fixed(15, 2, 9, 11, 5), dy: fixed(16, 2, 5, 8, 7) },
      attrs: { kernel: [3, 2], dilation: [2, 3] },
    },
    {
      name: "dilation, one channel: windows as rows",
      inputs: { x: fixed(17, 2, 9, 11, 1), dy: fixed(18, 2, 9, 11, 3) },
      attrs: { kernel: [3, 3], padding: [2, 2, 2, 2], dilation: [2, 2] },
    },
    {
      name: "depthwise, 8 channels, many rows: parts",
      inputs: { x: fixed(19, 29, 17, 7, 8), dy: fixed(20, 29, 17, 7, 8) },
      attrs: { kernel: [3, 3], padding: [1, 1, 1, 1], groups: 8 },
    },
    {
      name: "depthwise, stride 2, 7 channels, 5 x 4 taps: blocks of taps that are not full",
      inputs: { x: fixed(21, 2, 11, 13, 7), dy: fixed(22, 2, 5, 7, 7) },
      attrs: { kernel: [5, 4], stride: [2, 2], padding: [2, 1, 2, 2], groups: 7 },
    },
    {
      name: "depthwise, stride 3, dilation 2, 4 channels",
      inputs: { x: fixed(23, 1, 10, 13, 4), dy: fixed(24, 1, 3, 4, 4) },
      attrs: { kernel: [3, 3], stride: [3, 3], padding: [1, 1, 1, 1], dilation: [2, 2], groups: 4 },
    },
    {
      name: "depthwise, 3 output channels an input channel",
      inputs: { x: fixed(25, 1, 5, 7, 4), dy: fixed(26, 1, 5, 7, 12) },
      attrs: { kernel: [3, 3], padding: [1, 1, 1, 1], groups: 4 },
    },
    {
      name: "groups of 8 in and 3 out channels",
      inputs: { x: fixed(27, 2, 5, 7, 16), dy: fixed(28, 2, 4, 3, 6) },
      attrs: { kernel: [2, 3], stride: [1, 2], padding: [0, 0, 0, 0], groups: 2 },
    },
    {
      name: "groups of 3 in and 4 out channels",
      inputs: { x: fixed(29, 2, 5, 7, 6), dy: fixed(30, 2, 4, 6, 8) },
      attrs: { kernel: [2, 2], groups: 2 },
    },
  ],
  random(r) {
    const { x, weight, dy, window } = randomConvolution(r);
    return { name: "random", inputs: { x, dy }, attrs: { ...window, kernel: weight.shape.slice(1, 3) } };
  },
};
