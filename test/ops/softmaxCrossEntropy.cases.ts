import { Random } from "../../src/numerics/random.ts";
import { softmaxCrossEntropy } from "../../src/ops/softmaxCrossEntropy.ts";
import { scalar, tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

const labels = (...values: number[]) => tensor("i32", [values.length], values);
const random = (seed: number, n: number, classes: number) => {
  const r = new Random(seed);
  return tensor(
    "i32",
    [n],
    Array.from({ length: n }, () => r.int(0, classes - 1)),
  );
};

export const softmaxCrossEntropyCases: OpCases = {
  op: softmaxCrossEntropy,
  tolerance: { rtol: 1e-5, atol: 2e-6, why: "exp and log of WGSL may be a few ULP off, and log near 1 by 2^-21; rows are added in f32" },
  differentiable: ["logits"],
  cases: [
    {
      name: "equal logits: log of the number of classes, and the first class is the largest",
      inputs: { logits: f32Tensor([2, 4], [3, 3, 3, 3, 0, 0, 0, 0]), labels: labels(0, 1) },
      expected: { loss: scalar("f32", Math.log(4)), correct: scalar("i32", 1) },
    },
    {
      name: "logits of 1000 neither overflow nor lose the loss",
      inputs: { logits: f32Tensor([2, 2], [1000, 999, -1000, -1001]), labels: labels(0, 0) },
      expected: { loss: scalar("f32", Math.log1p(Math.exp(-1))), correct: scalar("i32", 2) },
    },
    { name: "sum, prime sizes", inputs: { logits: fixed(1, 67, 11), labels: random(1, 67, 11) }, attrs: { reduction: "sum" } },
    { name: "label smoothing", inputs: { logits: fixed(2, 13, 10), labels: random(2, 13, 10) }, attrs: { labelSmoothing: 0.1 } },
    {
      name: "ignored rows count neither in the sum nor in the mean",
      inputs: { logits: f32Tensor([3, 2], [0, 0, 5, 1, 0, 0]), labels: labels(0, -100, 1) },
      expected: { loss: scalar("f32", Math.LN2), correct: scalar("i32", 1) },
    },
    {
      name: "ignoreIndex may be a class",
      inputs: { logits: f32Tensor([2, 3], [1, 1, 1, 9, 0, 0]), labels: labels(2, 0) },
      attrs: { ignoreIndex: 0 },
      expected: { loss: scalar("f32", Math.log(3)), correct: scalar("i32", 0) },
    },
    {
      name: "labels that are no class are ignored, not read",
      inputs: { logits: f32Tensor([4, 2], [0, 0, 1, 2, 3, 4, 5, 6]), labels: labels(0, 2, -1, 2147483647) },
      expected: { loss: scalar("f32", Math.LN2), correct: scalar("i32", 1) },
    },
    {
      name: "no row counts: 0, not NaN",
      inputs: { logits: f32Tensor([2, 2], [NaN, 0, 1, 2]), labels: labels(-100, -100) },
      expected: { loss: scalar("f32", 0), correct: scalar("i32", 0) },
    },
    {
      name: "NaN in one logit surfaces",
      inputs: { logits: f32Tensor([3, 3], [1, 2, 3, 1, NaN, 3, 1, 2, 3]), labels: labels(2, 2, 2) },
      expected: { loss: scalar("f32", NaN), correct: scalar("i32", 2) },
    },
    {
      name: "+Infinity surfaces as NaN",
      inputs: { logits: f32Tensor([1, 3], [1, Infinity, 3]), labels: labels(1) },
      expected: { loss: scalar("f32", NaN), correct: scalar("i32", 0) },
    },
    {
      name: "-Infinity masks a class",
      inputs: { logits: f32Tensor([1, 3], [1, -Infinity, 1]), labels: labels(0) },
      expected: { loss: scalar("f32", Math.LN2), correct: scalar("i32", 1) },
    },
    {
      name: "no reduction: a loss for each row, 0 for one that does not count",
      inputs: { logits: f32Tensor([3, 2], [0, 0, 5, 1, 1000, 999]), labels: labels(0, -100, 0) },
      attrs: { reduction: "none" },
      expected: { loss: f32Tensor([3], [Math.LN2, 0, Math.log1p(Math.exp(-1))]), correct: scalar("i32", 2) },
    },
    {
      name: "no reduction: NaN stays in its row",
      inputs: { logits: f32Tensor([2, 2], [NaN, 0, 1, 1]), labels: labels(0, 1) },
      attrs: { reduction: "none" },
      expected: { loss: f32Tensor([2], [NaN, Math.LN2]), correct: scalar("i32", 0) },
    },
    { name: "one class", inputs: { logits: fixed(3, 5, 1), labels: labels(0, 0, 0, 0, 0) } },
    { name: "many rows", inputs: { logits: fixed(4, 1009, 10), labels: random(4, 1009, 10) } },
  ],
  smooth(c) {
    const logits = c.inputs["logits"]!;
    return { ...c, inputs: { ...c.inputs, logits: fixed(9, ...logits.shape) } };
  },
  random(r) {
    const [n, classes] = [r.int(1, 70), r.int(1, 20)];
    const label = (): number => (r.int(0, 5) === 0 ? -100 : r.int(0, classes - 1));
    return {
      name: "random",
      inputs: {
        logits: normal(r, [n, classes]),
        labels: tensor("i32", [n], Array.from({ length: n }, label)),
      },
      attrs: { reduction: r.pick(["mean", "sum", "none"]), labelSmoothing: r.pick([0, 0.1, 1]) },
    };
  },
};
