import { conv2d } from "../../src/ops/conv2d.ts";
import type { Random } from "../../src/numerics/random.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

/** Takes kinks and NaN out, and most of large images: without the activation the op is linear in each input. */
const smooth = (c: OpCase): OpCase => {
  const [n, h, w, channels] = c.inputs["x"]!.shape as [number, number, number, number];
  return {
    ...c,
    inputs: { ...c.inputs, x: fixed(99, Math.min(n, 2), Math.min(h, 11), Math.min(w, 11), channels) },
    attrs: { ...c.attrs, activation: "none" },
  };
};

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
    {
      name: "groups: two input channels for each of two output channels",
      inputs: {
        x: f32Tensor([1, 1, 1, 4], [1, 10, 100, 1000]),
        weight: f32Tensor([2, 1, 1, 2], [1, 2, 3, 4]),
        bias: f32Tensor([2], [0.5, -0.5]),
      },
      attrs: { groups: 2 },
      expected: { y: f32Tensor([1, 1, 1, 2], [21.5, 4299.5]) },
    },
    {
      name: "dilation: taps lie apart, padding included",
      inputs: { x: f32Tensor([1, 1, 5, 1], [1, 2, 4, 8, 16]), weight: f32Tensor([1, 1, 2, 1], [100, 1]) },
      attrs: { dilation: [1, 3], padding: [0, 0, 2, 0] },
      expected: { y: f32Tensor([1, 1, 4, 1], [2, 4, 108, 216]) },
    },
    {
      name: "dilation along one axis, asymmetric stride and padding",
      inputs: { x: fixed(31, 2, 7, 9, 3), weight: fixed(32, 5, 3, 3, 3), bias: fixed(33, 5) },
      attrs: { stride: [2, 1], padding: [0, 1, 2, 0], dilation: [1, 2] },
    },
    {
      name: "dilation 2 and 3, one channel: windows as rows",
      inputs: { x: fixed(34, 2, 9, 11, 1), weight: fixed(35, 5, 3, 3, 1), bias: fixed(36, 5) },
      attrs: { padding: [2, 2, 3, 3], dilation: [2, 3], activation: "relu6" },
    },
    {
      name: "dilation with enough work for wide tiles",
      inputs: { x: fixed(37, 2, 17, 13, 40), weight: fixed(38, 40, 3, 3, 40), bias: fixed(39, 40) },
      attrs: { padding: [2, 2, 2, 2], dilation: [2, 2] },
    },
    {
      name: "dilation of a kernel of one tap does nothing",
      inputs: { x: fixed(40, 1, 5, 7, 4), weight: fixed(41, 4, 1, 1, 4) },
      attrs: { dilation: [9, 9] },
    },
    {
      name: "depthwise, 8 channels, rows of 17: two blocks of 8 pixels and one",
      inputs: { x: fixed(42, 2, 7, 17, 8), weight: fixed(43, 8, 3, 3, 1), bias: fixed(44, 8) },
      attrs: { padding: [1, 1, 1, 1], groups: 8, activation: "relu6" },
    },
    {
      name: "depthwise, stride 2, 7 channels",
      inputs: { x: fixed(45, 2, 9, 11, 7), weight: fixed(46, 7, 3, 3, 1) },
      attrs: { stride: [2, 2], padding: [0, 1, 0, 1], groups: 7 },
    },
    {
      name: "depthwise, stride 2, 8 channels, the last strip of a row not full",
      inputs: { x: fixed(57, 2, 13, 11, 8), weight: fixed(58, 8, 3, 3, 1), bias: fixed(59, 8) },
      attrs: { stride: [2, 2], padding: [0, 1, 0, 1], groups: 8, activation: "relu" },
    },
    {
      name: "depthwise, 4 channels, many rows: strips that fall into parts, more padding than image",
      inputs: { x: fixed(60, 1, 41, 1, 4), weight: fixed(61, 4, 3, 3, 1) },
      attrs: { padding: [3, 0, 4, 5], groups: 4 },
    },
    {
      name: "depthwise, 5 x 5 with stride 3 and dilation 2: taps share no values",
      inputs: { x: fixed(47, 1, 13, 29, 4), weight: fixed(48, 4, 5, 5, 1) },
      attrs: { stride: [3, 3], padding: [4, 4, 4, 4], dilation: [2, 2], groups: 4 },
    },
    {
      name: "depthwise, 3 output channels an input channel",
      inputs: { x: fixed(49, 1, 5, 7, 4), weight: fixed(50, 12, 3, 3, 1), bias: fixed(51, 12) },
      attrs: { padding: [1, 1, 1, 1], groups: 4 },
    },
    {
      name: "depthwise, zeros in the padding do not meet NaN of the neighbour row",
      inputs: { x: f32Tensor([1, 2, 2, 2], [NaN, 1, 1, 1, 2, 1, 3, 1]), weight: f32Tensor([2, 1, 3, 1], [1, 1, 1, 1, 1, 1]) },
      attrs: { padding: [0, 0, 1, 1], groups: 2 },
      expected: { y: f32Tensor([1, 2, 2, 2], [NaN, 2, NaN, 2, 5, 2, 5, 2]) },
    },
    {
      name: "groups of 3 in and 4 out channels, relu",
      inputs: { x: fixed(52, 2, 5, 9, 6), weight: fixed(53, 8, 3, 2, 3), bias: fixed(54, 8) },
      attrs: { padding: [1, 0, 1, 1], groups: 2, activation: "relu" },
    },
    {
      name: "groups of 5 in and 3 out channels, stride and dilation",
      inputs: { x: fixed(55, 1, 9, 10, 15), weight: fixed(56, 9, 3, 3, 5) },
      attrs: { stride: [2, 3], padding: [2, 2, 2, 2], dilation: [2, 1], groups: 3 },
    },
  ],
  random(r) {
    const c = randomConvolution(r);
    return {
      name: "random",
      inputs: { x: c.x, weight: c.weight, ...(r.int(0, 1) === 1 && { bias: normal(r, [c.dy.shape[3]!]) }) },
      attrs: { ...c.window, activation: r.pick(["none", "relu", "relu6"]) },
    };
  },
};

/** A random convolution's tensors and attributes, for its gradients as well. */
export function randomConvolution(r: Random): {
  readonly x: Tensor<"f32">;
  readonly weight: Tensor<"f32">;
  readonly dy: Tensor<"f32">;
  readonly window: {
    readonly stride: readonly number[];
    readonly padding: readonly number[];
    readonly dilation: readonly number[];
    readonly groups: number;
  };
} {
  const kernel = [r.int(1, 5), r.int(1, 5)] as const;
  const padding = [r.int(0, 3), r.int(0, 3), r.int(0, 3), r.int(0, 3)] as const;
  const stride = [r.int(1, 4), r.int(1, 3)] as const;
  const dilation = r.int(0, 2) === 0 ? ([r.int(1, 3), r.int(1, 4)] as const) : ([1, 1] as const);
  const span = (a: 0 | 1): number => dilation[a] * (kernel[a] - 1) + 1;
  const size = (a: 0 | 1): number => Math.max(r.int(1, 11), span(a) - padding[2 * a]! - padding[2 * a + 1]!);
  const [h, w] = [size(0), size(1)];
  const out = (a: 0 | 1, s: number): number => Math.floor((s + padding[2 * a]! + padding[2 * a + 1]! - span(a)) / stride[a]) + 1;
  const kind = r.pick(["dense", "depthwise", "groups"]);
  const groups = kind === "dense" ? 1 : kind === "depthwise" ? r.pick([1, 2, 3, 4, 5, 7, 8, 12, 33]) : r.int(2, 4);
  const icg = kind === "dense" ? r.pick([1, 2, 3, 4, 5, 7, 16, 31]) : kind === "depthwise" ? 1 : r.pick([1, 2, 3, 4, 5, 8]);
  const ocg =
    kind === "dense" ? r.pick([1, 2, 3, 4, 5, 7, 8, 19, 20, 33]) : kind === "depthwise" ? r.pick([1, 1, 2]) : r.pick([1, 2, 3, 4, 5, 8]);
  const n = r.int(1, 3);
  return {
    x: normal(r, [n, h, w, icg * groups]),
    weight: normal(r, [ocg * groups, ...kernel, icg]),
    dy: normal(r, [n, out(0, h), out(1, w), ocg * groups]),
    window: { stride, padding, dilation, groups },
  };
}
