import { softmaxCrossEntropyBackward } from "../../src/ops/softmaxCrossEntropyBackward.ts";
import { scalar, tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

const labels = (...values: number[]) => tensor("i32", [values.length], values);
const one = scalar("f32", 1);

export const softmaxCrossEntropyBackwardCases: OpCases = {
  op: softmaxCrossEntropyBackward,
  tolerance: { rtol: 1e-5, atol: 1e-6, why: "exp of WGSL may be 3 + 2 |x| ULP off; the difference from the label's 1 cancels" },
  cases: [
    {
      name: "softmax minus the label, over the number of rows",
      inputs: { logits: f32Tensor([2, 2], [0, 0, 0, 0]), labels: labels(0, 1), dloss: one },
      expected: { dlogits: f32Tensor([2, 2], [-0.25, 0.25, 0.25, -0.25]) },
    },
    {
      name: "rows that do not count get 0, also with NaN; the mean is over the others",
      inputs: { logits: f32Tensor([3, 2], [NaN, 0, 0, 0, 1, 2]), labels: labels(-100, 0, 7), dloss: scalar("f32", 4) },
      expected: { dlogits: f32Tensor([3, 2], [0, 0, -2, 2, 0, 0]) },
    },
    {
      name: "no row counts: zeros",
      inputs: { logits: f32Tensor([1, 2], [1, 2]), labels: labels(-100), dloss: one },
      expected: { dlogits: f32Tensor([1, 2], [0, 0]) },
    },
    {
      name: "NaN fills its row and no other",
      inputs: { logits: f32Tensor([2, 2], [NaN, 0, 0, 0]), labels: labels(0, 0), dloss: one },
      attrs: { reduction: "sum" },
      expected: { dlogits: f32Tensor([2, 2], [NaN, NaN, -0.5, 0.5]) },
    },
    {
      name: "a masked class gets 0",
      inputs: { logits: f32Tensor([1, 3], [1, -Infinity, 1]), labels: labels(0), dloss: one },
      expected: { dlogits: f32Tensor([1, 3], [-0.5, 0, 0.5]) },
    },
    {
      name: "label smoothing, sum",
      inputs: { logits: fixed(1, 3, 7), labels: labels(0, 6, 3), dloss: one },
      attrs: { reduction: "sum", labelSmoothing: 0.1 },
    },
    {
      name: "no reduction: a factor for each row",
      inputs: { logits: f32Tensor([3, 2], [0, 0, 1, 2, 0, 0]), labels: labels(0, -100, 1), dloss: f32Tensor([3], [2, 8, -4]) },
      attrs: { reduction: "none" },
      expected: { dlogits: f32Tensor([3, 2], [-1, 1, 0, 0, -2, 2]) },
    },
  ],
  random(r) {
    const reduction = r.pick(["mean", "sum", "none"]);
    const [n, classes] = [r.int(1, 70), r.int(1, 20)];
    const label = (): number => (r.int(0, 5) === 0 ? -100 : r.int(0, classes - 1));
    return {
      name: "random",
      inputs: {
        logits: normal(r, [n, classes]),
        labels: tensor("i32", [n], Array.from({ length: n }, label)),
        dloss: reduction === "none" ? normal(r, [n]) : scalar("f32", r.uniform(-2, 2)),
      },
      attrs: { reduction, labelSmoothing: r.pick([0, 0.1, 1]) },
    };
  },
};
