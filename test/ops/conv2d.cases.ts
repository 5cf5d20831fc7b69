import { conv2d } from "../../src/ops/conv2d.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

/** Takes kinks and NaN out: without the activation the op is linear in each input. */
const smooth = (c: OpCase): OpCase => ({
  ...c,
  inputs: { ...c.inputs, x: fixed(99, ...c.inputs["x"]!.shape) },
  attrs: { ...c.attrs, activation: "none" },
});

export const conv2dCases: OpCases = {
  op: conv2d,
  tolerance: {
    rtol: 1e-5,
    atol: 1e-5,
    why: "the GPU adds up to some hundred products of about 1 in f32, each addition off by 2^-24 of the sum so far; the reference adds in f64",
  },
  differentiable: ["x", "weight", "bias"],
  smooth,
  cases: [
    {
      name: "a cross-correlation: the kernel is not flipped",
      inputs: { x: f32Tensor([1, 1, 3, 1], [1, 2, 3]), weight: f32Tensor([1, 1, 2, 1], [10, 1]) },
      expected: { y: f32Tensor([1, 1, 2, 1], [12, 23]) },
    },
    {
      name: "weights are [oc, kh, kw, ic]: every index has its own weight",
      inputs: {
        x: f32Tensor([1, 2, 2, 2], [1, 0, 0, 0, 0, 0, 0, 1]),
        weight: f32Tensor([2, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 30, 40, 50, 60, 70, 80]),
        bias: f32Tensor([2], [100, 1000]),
      },
      expected: { y: f32Tensor([1, 1, 1, 2], [109, 1090]) },
    },
    {
      name: "asymmetric padding: top, bottom, left, right are four numbers",
      inputs: { x: f32Tensor([1, 1, 1, 1], [1]), weight: f32Tensor([1, 1, 1, 1], [3]) },
      attrs: { padding: [1, 0, 2, 1] },
      expected: { y: f32Tensor([1, 2, 4, 1], [0, 0, 0, 0, 0, 0, 3, 0]) },
    },
    {
      name: "zeros in the padding do not meet NaN of the neighbour row",
      inputs: { x: f32Tensor([1, 2, 2, 1], [NaN, 1, 2, 3]), weight: f32Tensor([1, 1, 3, 1], [1, 1, 1]) },
      attrs: { padding: [0, 0, 1, 1] },
      expected: { y: f32Tensor([1, 2, 2, 1], [NaN, NaN, 5, 5]) },
    },
    {
      name: "fused relu keeps NaN and clamps below the bias",
      inputs: { x: f32Tensor([1, 1, 3, 1], [-5, 5, NaN]), weight: f32Tensor([1, 1, 1, 1], [1]), bias: f32Tensor([1], [2]) },
      attrs: { activation: "relu" },
      expected: { y: f32Tensor([1, 1, 3, 1], [0, 7, NaN]) },
    },
    {
      name: "prime sizes, stride 2 with a column left over",
      inputs: { x: fixed(1, 2, 7, 11, 5), weight: fixed(2, 7, 3, 3, 5), bias: fixed(3, 7) },
      attrs: { stride: [2, 2], padding: [1, 1, 1, 1] },
    },
    {
      name: "one channel, kernel 3 x 3: windows as rows",
      inputs: { x: fixed(4, 3, 13, 11, 1), weight: fixed(5, 40, 3, 3, 1), bias: fixed(6, 40) },
      attrs: { padding: [1, 1, 1, 1], activation: "relu" },
    },
    {
      name: "two channels, kernel 2 x 5, strides that differ, uneven padding",
      inputs: { x: fixed(7, 1, 9, 17, 2), weight: fixed(8, 3, 2, 5, 2) },
      attrs: { stride: [3, 2], padding: [0, 1, 2, 0] },
    },
    {
      name: "enough work for wide tiles, relu",
      inputs: { x: fixed(21, 2, 17, 13, 40), weight: fixed(22, 40, 3, 3, 40), bias: fixed(23, 40) },
      attrs: { padding: [1, 1, 1, 1], activation: "relu" },
    },
    {
      name: "enough work for wide tiles, 39 channels out of 37",
      inputs: { x: fixed(24, 3, 13, 11, 37), weight: fixed(25, 39, 3, 3, 37), bias: fixed(26, 39) },
    },
    {
      name: "enough work for wide tiles of windows as rows",
      inputs: { x: fixed(27, 2, 83, 79, 1), weight: fixed(28, 40, 3, 3, 1), bias: fixed(29, 40) },
      attrs: { stride: [1, 1], padding: [1, 1, 1, 1] },
    },
    {
      name: "40 channels, more pixels than one tile, last tile not full",
      inputs: { x: fixed(9, 3, 5, 7, 40), weight: fixed(10, 40, 3, 3, 40), bias: fixed(11, 40) },
      attrs: { padding: [1, 1, 1, 1] },
    },
    { name: "1 x 1 kernel on 1 x 1 images", inputs: { x: fixed(12, 5, 1, 1, 31), weight: fixed(13, 33, 1, 1, 31), bias: fixed(14, 33) } },
    {
      name: "1 x 1 kernel with stride 2 reads every other pixel",
      inputs: { x: fixed(15, 2, 5, 7, 8), weight: fixed(16, 4, 1, 1, 8) },
      attrs: { stride: [2, 2] },
    },
    {
      name: "kernel as large as the padded image",
      inputs: { x: fixed(17, 2, 3, 2, 3), weight: fixed(18, 2, 5, 4, 3) },
      attrs: { padding: [1, 1, 0, 2] },
    },
    {
      name: "stride larger than the kernel: gaps that nothing reads",
      inputs: { x: fixed(19, 1, 8, 9, 3), weight: fixed(20, 5, 2, 1, 3) },
      attrs: { stride: [3, 4] },
    },
  ],
  random(r) {
    const [kh, kw] = [r.int(1, 5), r.int(1, 5)];
    const padding = [r.int(0, 2), r.int(0, 2), r.int(0, 2), r.int(0, 2)] as const;
    const h = Math.max(r.int(1, 9), kh - padding[0] - padding[1]);
    const w = Math.max(r.int(1, 9), kw - padding[2] - padding[3]);
    const [ic, oc] = [r.pick([1, 2, 3, 4, 5, 7, 16, 31]), r.pick([1, 2, 3, 4, 5, 7, 8, 19, 20, 33])];
    return {
      name: "random",
      inputs: {
        x: normal(r, [r.int(1, 3), h, w, ic]),
        weight: normal(r, [oc, kh, kw, ic]),
        ...(r.int(0, 1) === 1 && { bias: normal(r, [oc]) }),
      },
      attrs: { stride: [r.int(1, 3), r.int(1, 3)], padding, activation: r.pick(["none", "relu"]) },
    };
  },
};
