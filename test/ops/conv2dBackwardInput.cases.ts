import { conv2dBackwardInput } from "../../src/ops/conv2dBackwardInput.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed } from "../support/float.ts";
import { randomConvolution } from "./conv2d.cases.ts";

export const conv2dBackwardInputCases: OpCases = {
  op: conv2dBackwardInput,
  tolerance: {
    rtol: 1e-5,
    atol: 1e-5,
    why: "the GPU adds up to some hundred products of about 1 in f32, each addition off by 2^-24 of the sum so far; the reference adds in f64",
  },
  cases: [
    {
      name: "the adjoint of a cross-correlation flips the kernel",
      inputs: { dy: f32Tensor([1, 1, 2, 1], [1, 2]), weight: f32Tensor([1, 1, 2, 1], [10, 1]) },
      attrs: { inputSize: [1, 3] },
      expected: { dx: f32Tensor([1, 1, 3, 1], [10, 21, 2]) },
    },
    {
      name: "input pixels that no window reads get 0",
      inputs: { dy: f32Tensor([1, 2, 2, 1], [1, 2, 4, 5]), weight: f32Tensor([1, 1, 1, 1], [3]) },
      attrs: { stride: [1, 3], inputSize: [2, 5] },
      expected: { dx: f32Tensor([1, 2, 5, 1], [3, 0, 0, 6, 0, 12, 0, 0, 15, 0]) },
    },
    {
      name: "stride 2, prime sizes: a phase of 2 taps and one of 1",
      inputs: { dy: fixed(1, 2, 4, 6, 7), weight: fixed(2, 7, 3, 3, 5) },
      attrs: { stride: [2, 2], padding: [1, 1, 1, 1], inputSize: [7, 11] },
    },
    {
      name: "windows in the padding alone: no input pixel has a tap",
      inputs: { dy: f32Tensor([1, 1, 1, 1], [3]), weight: f32Tensor([1, 1, 1, 1], [5]) },
      attrs: { stride: [1, 2], padding: [0, 0, 1, 0], inputSize: [1, 1] },
      expected: { dx: f32Tensor([1, 1, 1, 1], [0]) },
    },
    {
      name: "stride larger than the kernel: phases without taps",
      inputs: { dy: fixed(3, 1, 3, 3, 5), weight: fixed(4, 5, 2, 1, 3) },
      attrs: { stride: [3, 4], inputSize: [8, 9] },
    },
    {
      name: "more padding than kernel: dy's border is never read",
      inputs: { dy: fixed(5, 1, 7, 8, 2), weight: fixed(6, 2, 1, 2, 3) },
      attrs: { padding: [2, 2, 2, 2], inputSize: [3, 5] },
    },
    {
      name: "asymmetric padding and strides, rows left over",
      inputs: { dy: fixed(7, 2, 3, 8, 3), weight: fixed(8, 3, 2, 5, 2) },
      attrs: { stride: [3, 2], padding: [0, 1, 2, 0], inputSize: [9, 17] },
    },
    {
      name: "40 channels, stride 1",
      inputs: { dy: fixed(9, 3, 5, 7, 40), weight: fixed(10, 40, 3, 3, 40) },
      attrs: { padding: [1, 1, 1, 1], inputSize: [5, 7] },
    },
    {
      name: "enough work for wide tiles, stride 2, 19 channels out of 41",
      inputs: { dy: fixed(13, 3, 19, 17, 41), weight: fixed(14, 41, 3, 5, 19) },
      attrs: { stride: [2, 2], padding: [1, 1, 2, 2], inputSize: [37, 33] },
    },
    {
      name: "7 x 7 kernel with stride 3",
      inputs: { dy: fixed(11, 1, 5, 4, 3), weight: fixed(12, 3, 7, 7, 2) },
      attrs: { stride: [3, 3], padding: [3, 3, 3, 3], inputSize: [13, 11] },
    },
    {
      name: "dilation 2 with stride 2: half of the pixels have no tap",
      inputs: { dy: fixed(15, 2, 5, 4, 7), weight: fixed(16, 7, 3, 3, 5) },
      attrs: { stride: [2, 2], padding: [2, 2, 1, 1], dilation: [2, 2], inputSize: [9, 9] },
    },
    {
      name: "dilation 2 with stride 3, 3 with stride 2, one axis each",
      inputs: { dy: fixed(17, 1, 4, 5, 6), weight: fixed(18, 6, 4, 3, 3) },
      attrs: { stride: [3, 2], padding: [1, 2, 3, 2], dilation: [2, 3], inputSize: [13, 11] },
    },
    {
      name: "dilation 6 with stride 4: every other tap of a phase, 3 pixels of dy apart",
      inputs: { dy: fixed(19, 1, 3, 9, 4), weight: fixed(20, 4, 1, 5, 4) },
      attrs: { stride: [1, 4], padding: [0, 0, 9, 8], dilation: [1, 6], inputSize: [3, 40] },
    },
    {
      name: "depthwise, 8 channels, stride 2: phases",
      inputs: { dy: fixed(21, 2, 5, 6, 8), weight: fixed(22, 8, 3, 3, 1) },
      attrs: { stride: [2, 2], padding: [1, 1, 1, 1], groups: 8, inputSize: [9, 11] },
    },
    {
      name: "depthwise, 19 pixels a row, 7 channels",
      inputs: { dy: fixed(23, 1, 3, 19, 7), weight: fixed(24, 7, 3, 3, 1) },
      attrs: { padding: [1, 1, 1, 1], groups: 7, inputSize: [3, 19] },
    },
    {
      name: "depthwise, 3 output channels an input channel",
      inputs: { dy: fixed(25, 1, 5, 7, 12), weight: fixed(26, 12, 3, 3, 1) },
      attrs: { padding: [1, 1, 1, 1], groups: 4, inputSize: [5, 7] },
    },
    {
      name: "groups of 4 in and 3 out channels, stride and dilation",
      inputs: { dy: fixed(27, 2, 4, 3, 6), weight: fixed(28, 6, 3, 3, 4) },
      attrs: { stride: [2, 3], padding: [2, 2, 2, 2], dilation: [2, 1], groups: 2, inputSize: [8, 7] },
    },
  ],
  random(r) {
    const { x, weight, dy, window } = randomConvolution(r);
    return { name: "random", inputs: { dy, weight }, attrs: { ...window, inputSize: x.shape.slice(1, 3) } };
  },
};
