import { conv2dBackwardInput } from "../../src/ops/conv2dBackwardInput.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

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
  ],
  random(r) {
    const [kh, kw] = [r.int(1, 5), r.int(1, 5)];
    const padding = [r.int(0, 3), r.int(0, 3), r.int(0, 3), r.int(0, 3)] as const;
    const stride = [r.int(1, 4), r.int(1, 4)] as const;
    const h = Math.max(r.int(1, 9), kh - padding[0] - padding[1]);
    const w = Math.max(r.int(1, 9), kw - padding[2] - padding[3]);
    const oh = Math.floor((h + padding[0] + padding[1] - kh) / stride[0]) + 1;
    const ow = Math.floor((w + padding[2] + padding[3] - kw) / stride[1]) + 1;
    const [ic, oc] = [r.pick([1, 2, 3, 5, 7, 19, 20]), r.pick([1, 2, 4, 5, 8, 33])];
    return {
      name: "random",
      inputs: { dy: normal(r, [r.int(1, 3), oh, ow, oc]), weight: normal(r, [oc, kh, kw, ic]) },
      attrs: { stride, padding, inputSize: [h, w] },
    };
  },
};
