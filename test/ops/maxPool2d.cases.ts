import { Random } from "../../src/numerics/random.ts";
import { maxPool2d } from "../../src/ops/maxPool2d.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { apart, f32Tensor, fixed, normal } from "../support/float.ts";

export const maxPool2dCases: OpCases = {
  op: maxPool2d,
  differentiable: ["x"],
  smooth: (c) => ({ ...c, inputs: { x: apart(new Random(3), c.inputs["x"]!.shape) } }),
  cases: [
    {
      name: "padding never wins, not even over -Infinity",
      inputs: { x: f32Tensor([1, 1, 2, 1], [-5, -Infinity]) },
      attrs: { kernel: [2, 2], stride: [1, 1], padding: [1, 0, 0, 1] },
      expected: { y: f32Tensor([1, 1, 2, 1], [-5, -Infinity]) },
    },
    {
      name: "NaN wins wherever it stands",
      inputs: { x: f32Tensor([1, 1, 6, 1], [NaN, 1, 1, NaN, Infinity, NaN]) },
      attrs: { kernel: [1, 2], stride: [1, 2] },
      expected: { y: f32Tensor([1, 1, 3, 1], [NaN, NaN, NaN]) },
    },
    {
      name: "of -0 and 0 the first is taken",
      inputs: { x: f32Tensor([1, 1, 4, 1], [-0, 0, 0, -0]) },
      attrs: { kernel: [1, 2], stride: [1, 2] },
      expected: { y: f32Tensor([1, 1, 2, 1], [-0, 0]) },
    },
    { name: "a row and a column left over, 5 channels", inputs: { x: fixed(1, 2, 7, 11, 5) }, attrs: { kernel: [2, 2], stride: [2, 2] } },
    {
      name: "overlapping windows, padding",
      inputs: { x: fixed(2, 2, 7, 5, 7) },
      attrs: { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] },
    },
    {
      name: "everything asymmetric",
      inputs: { x: fixed(3, 1, 8, 9, 3) },
      attrs: { kernel: [2, 3], stride: [1, 2], padding: [1, 0, 2, 1] },
    },
    { name: "stride larger than the kernel", inputs: { x: fixed(4, 2, 9, 8, 2) }, attrs: { kernel: [2, 1], stride: [3, 3] } },
    { name: "one window over all", inputs: { x: fixed(5, 3, 3, 5, 31) }, attrs: { kernel: [3, 5], stride: [1, 1] } },
  ],
  random(r): OpCase {
    if (r.int(0, 3) === 0) {
      const x = normal(r, [r.int(1, 3), r.int(2, 9), r.int(2, 9), 4 * r.int(1, 5)]);
      return { name: "random", inputs: { x }, attrs: { kernel: [2, 2], stride: [2, 2] } };
    }
    const kernel = [r.int(1, 4), r.int(1, 4)] as const;
    const pad = (k: number): number => r.int(0, k - 1);
    const x = normal(r, [r.int(1, 3), r.int(kernel[0], 9), r.int(kernel[1], 9), r.pick([1, 2, 3, 4, 5, 7, 31, 33])]);
    const padding = [pad(kernel[0]), pad(kernel[0]), pad(kernel[1]), pad(kernel[1])];
    return { name: "random", inputs: { x }, attrs: { kernel, stride: [r.int(1, 4), r.int(1, 4)], padding } };
  },
};
