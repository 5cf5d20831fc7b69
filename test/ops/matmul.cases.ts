import { matmul } from "../../src/ops/matmul.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

const smooth = (c: OpCase): OpCase => ({ ...c, attrs: { ...c.attrs, activation: "none" } });

export const matmulCases: OpCases = {
  op: matmul,
  tolerance: {
    rtol: 1e-5,
    atol: 1e-5,
    why: "the GPU adds up to some hundred products of about 1 in f32, each addition off by 2^-24 of the sum so far; the reference adds in f64",
  },
  differentiable: ["a", "b"],
  smooth,
  cases: [
    {
      name: "rows by columns",
      inputs: { a: f32Tensor([2, 3], [1, 2, 3, 4, 5, 6]), b: f32Tensor([3, 2], [1, 10, 100, 2, 20, 200]) },
      expected: { y: f32Tensor([2, 2], [261, 614, 624, 1250]) },
    },
    {
      name: "b transposed",
      inputs: { a: f32Tensor([1, 2], [1, 10]), b: f32Tensor([3, 2], [1, 2, 3, 4, 5, 6]) },
      attrs: { transposeB: true },
      expected: { y: f32Tensor([1, 3], [21, 43, 65]) },
    },
    {
      name: "a transposed",
      inputs: { a: f32Tensor([3, 2], [1, 2, 3, 4, 5, 6]), b: f32Tensor([3, 1], [1, 10, 100]) },
      attrs: { transposeA: true },
      expected: { y: f32Tensor([2, 1], [531, 642]) },
    },
    {
      name: "a matrix for each, relu",
      inputs: { a: f32Tensor([2, 1, 2], [1, 2, 3, 4]), b: f32Tensor([2, 2, 1], [1, -1, 2, 1]) },
      attrs: { activation: "relu" },
      expected: { y: f32Tensor([2, 1, 1], [0, 10]) },
    },
    { name: "prime sizes in a stack", inputs: { a: fixed(1, 3, 7, 11), b: fixed(2, 3, 11, 13) } },
    { name: "prime sizes, one b for all", inputs: { a: fixed(3, 3, 7, 11), b: fixed(4, 11, 13) }, attrs: { activation: "relu6" } },
    { name: "prime sizes, one a for all", inputs: { a: fixed(5, 7, 11), b: fixed(6, 3, 11, 5) } },
    { name: "leading axes that alternate", inputs: { a: fixed(7, 2, 1, 3, 1, 3, 5), b: fixed(8, 1, 3, 1, 2, 5, 3) } },
    { name: "leading axes of different number", inputs: { a: fixed(9, 5, 1, 3, 2), b: fixed(10, 3, 2, 5) } },
    {
      name: "both transposed, in a stack",
      inputs: { a: fixed(11, 2, 11, 6), b: fixed(12, 2, 9, 11) },
      attrs: { transposeA: true, transposeB: true },
    },
    { name: "b transposed, in a stack", inputs: { a: fixed(13, 2, 3, 6, 11), b: fixed(14, 3, 9, 11) }, attrs: { transposeB: true } },
    { name: "a transposed, one for all", inputs: { a: fixed(15, 11, 6), b: fixed(16, 2, 11, 9) }, attrs: { transposeA: true } },
    { name: "one a row, a stack of columns", inputs: { a: fixed(17, 1, 5), b: fixed(18, 3, 5, 1) } },
    { name: "a sum of nothing is 0", inputs: { a: fixed(19, 3, 0), b: fixed(20, 0, 5) } },
    { name: "no matrices", inputs: { a: fixed(21, 0, 3, 5), b: fixed(22, 5, 7) } },
    { name: "beyond one workgroup", inputs: { a: fixed(23, 2, 67, 131), b: fixed(24, 2, 131, 37) } },
    { name: "enough work for wide tiles", inputs: { a: fixed(25, 131, 257), b: fixed(26, 257, 139) } },
  ],
  random(r) {
    const lead = Array.from({ length: r.int(0, 3) }, () => r.int(1, 4));
    const side = (): number[] => lead.map((d) => (r.int(0, 2) === 0 ? 1 : d)).slice(r.int(0, lead.length));
    const [m, k, n] = [r.int(1, 12), r.int(1, 12), r.int(1, 12)];
    const [transposeA, transposeB] = [r.int(0, 1) === 1, r.int(0, 1) === 1];
    return {
      name: "random",
      inputs: {
        a: normal(r, [...side(), ...(transposeA ? [k, m] : [m, k])]),
        b: normal(r, [...side(), ...(transposeB ? [n, k] : [k, n])]),
      },
      attrs: { transposeA, transposeB, activation: r.pick(["none", "relu", "relu6"]) },
    };
  },
};
