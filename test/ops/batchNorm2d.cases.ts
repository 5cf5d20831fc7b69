import { batchNorm2d } from "../../src/ops/batchNorm2d.ts";
import type { Random } from "../../src/numerics/random.ts";
import type { Tensors } from "../../src/ops/op.ts";
import { tensor, type Tensor } from "../../src/tensor/index.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

/** Around 1: scales, variances. */
export const positive = (t: Tensor<"f32">): Tensor<"f32"> => ({ ...t, data: t.data.map((v) => Math.exp(v / 2)) });
const scaled = (r: Random, t: Tensor<"f32">): Tensor<"f32"> => ({ ...t, data: t.data.map((v) => r.pick([1, 1, -1]) * v) });
const step = (n: number): Tensor => tensor("i32", [1], Int32Array.of(n));
const moved = (t: Tensor<"f32">, by: number): Tensor<"f32"> => ({ ...t, data: t.data.map((v) => v + by) });
const running = (seed: number, c: number): Tensors => ({ runningMean: fixed(seed, c), runningVar: positive(fixed(seed + 1, c)) });
const affine = (seed: number, c: number): Tensors => ({ weight: fixed(seed, c), bias: fixed(seed + 1, c) });
const input = (seed: number, c: number): Tensors => ({ inputScale: positive(fixed(seed, c)), inputShift: fixed(seed + 1, c) });

/** Takes the kinks of activations out. */
const smooth = (c: OpCase): OpCase => ({ ...c, attrs: { ...c.attrs, activation: "none" } });

export const batchNorm2dCases: OpCases = {
  op: batchNorm2d,
  tolerance: {
    rtol: 1e-5,
    atol: 2e-5,
    why: "a normalized value is a product of about 1 and a difference, both rounded to f32 where the mean is up to 30 deviations from 0: 30 * 2^-24 and some roundings of 2^-24 on values up to 10; the reference computes in f64",
  },
  differentiable: ["x", "weight", "bias", "inputScale", "inputShift"],
  outputs: ["y"],
  smooth,
  cases: [
    {
      name: "y has the biased variance, runningVarOut the unbiased one",
      inputs: { x: f32Tensor([4, 1], [1, 3, 1, 3]), runningMean: f32Tensor([1], [10]), runningVar: f32Tensor([1], [1]) },
      attrs: { eps: 1e-12, momentum: 0.25 },
      expected: {
        y: f32Tensor([4, 1], [-1, 1, -1, 1]),
        mean: f32Tensor([1], [2]),
        invStd: f32Tensor([1], [1]),
        runningMeanOut: f32Tensor([1], [8]),
        runningVarOut: f32Tensor([1], [0.75 + 0.25 * (4 / 3)]),
      },
    },
    {
      name: "momentum null: batch 4 counts a quarter",
      inputs: { x: f32Tensor([2, 1], [0, 2]), runningMean: f32Tensor([1], [5]), runningVar: f32Tensor([1], [6]), step: step(4) },
      attrs: { eps: 1e-12, momentum: null },
      expected: {
        y: f32Tensor([2, 1], [-1, 1]),
        mean: f32Tensor([1], [1]),
        invStd: f32Tensor([1], [1]),
        runningMeanOut: f32Tensor([1], [4]),
        runningVarOut: f32Tensor([1], [5]),
      },
    },
    {
      name: "running statistics: the batch's own do not matter and nothing is updated",
      inputs: {
        x: f32Tensor([1, 1, 2, 1], [3, 7]),
        runningMean: f32Tensor([1], [5]),
        runningVar: f32Tensor([1], [4]),
        weight: f32Tensor([1], [10]),
        bias: f32Tensor([1], [1]),
        inputScale: f32Tensor([1], [2]),
        inputShift: f32Tensor([1], [-1]),
      },
      attrs: { eps: 1e-12, training: false },
      expected: {
        y: f32Tensor([1, 1, 2, 1], [1, 41]),
        mean: f32Tensor([1], [5]),
        invStd: f32Tensor([1], [0.5]),
        runningMeanOut: f32Tensor([1], [5]),
        runningVarOut: f32Tensor([1], [4]),
      },
    },
    {
      name: "one value a channel is fine with running statistics",
      inputs: { x: fixed(1, 1, 1, 1, 5), ...running(2, 5) },
      attrs: { training: false },
    },
    {
      name: "no images at all, with running statistics",
      inputs: { x: fixed(1, 0, 3, 2, 4), ...running(2, 4) },
      attrs: { training: false },
    },
    { name: "two values a channel", inputs: { x: fixed(4, 2, 1, 1, 3), ...running(5, 3), ...affine(7, 3) }, attrs: { eps: 0.01 } },
    {
      name: "a channel of equal values, one that is all 0: eps is all the variance there is",
      inputs: { x: f32Tensor([3, 2], [7, 0, 7, 0, 7, 0]), ...running(9, 2), ...affine(11, 2) },
      attrs: { eps: 0.1 },
    },
    {
      name: "a mean 30 deviations from 0, prime sizes, 7 channels",
      inputs: { x: moved(fixed(13, 3, 11, 13, 7), 30), ...running(14, 7), ...affine(16, 7) },
    },
    {
      name: "rows that fall into parts, the last one short; 4 channels a thread, relu6",
      inputs: { x: fixed(18, 13, 17, 19, 8), ...running(19, 8), ...affine(21, 8) },
      attrs: { activation: "relu6", momentum: 1 },
    },
    {
      name: "scaled and shifted input, relu",
      inputs: { x: fixed(23, 2, 7, 5, 12), ...running(24, 12), ...affine(26, 12), ...input(28, 12) },
      attrs: { activation: "relu", momentum: 0 },
    },
    {
      name: "scaled input alone, no affine, large eps, running statistics",
      inputs: { x: fixed(30, 5, 3, 3), ...running(31, 3), inputScale: positive(fixed(33, 3)) },
      attrs: { eps: 0.5, training: false },
    },
    {
      name: "shifted input alone, bias without weight, large eps",
      inputs: { x: fixed(34, 5, 3, 33), ...running(35, 33), bias: fixed(37, 33), inputShift: fixed(38, 33) },
      attrs: { eps: 0.5 },
    },
    { name: "65 channels, as many as groups of threads gather and one more", inputs: { x: fixed(39, 71, 65), ...running(40, 65) } },
    {
      name: "a negative input scale, large eps",
      inputs: { x: fixed(42, 9, 2), ...running(43, 2), inputScale: f32Tensor([2], [-2, 0.5]) },
      attrs: { eps: 1 },
    },
  ],
  random(r) {
    const c = r.pick([1, 2, 3, 4, 5, 7, 8, 31, 32, 33]);
    const training = r.int(0, 2) > 0;
    const lead = r.pick([[r.int(2, 200)], [r.int(2, 9), r.int(1, 9)], [r.int(2, 4), r.int(1, 9), r.int(1, 9)]]);
    const cumulative = r.int(0, 3) === 0;
    const may = (name: string, t: () => Tensor<"f32">): Tensors => (r.int(0, 1) === 1 ? { [name]: t() } : {});
    return {
      name: "random",
      inputs: {
        x: normal(r, [...lead, c]),
        runningMean: normal(r, [c]),
        runningVar: positive(normal(r, [c])),
        ...may("weight", () => normal(r, [c])),
        ...may("bias", () => normal(r, [c])),
        // One over the factor of a batch norm: it has the sign of gamma.
        ...may("inputScale", () => scaled(r, positive(normal(r, [c])))),
        ...may("inputShift", () => normal(r, [c])),
        ...(cumulative && { step: step(r.int(1, 9)) }),
      },
      attrs: {
        training,
        // Two values that nearly agree would raise rounding errors by 1 / sqrt(eps).
        eps: r.pick([0.01, 0.1, 1]),
        momentum: cumulative ? null : r.pick([0, 0.1, 0.5, 1]),
        activation: r.pick(["none", "relu", "relu6"]),
      },
    };
  },
};
