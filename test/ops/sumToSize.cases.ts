import { sumToSize } from "../../src/ops/sumToSize.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

export const sumToSizeCases: OpCases = {
  op: sumToSize,
  tolerance: {
    rtol: 1e-5,
    atol: 1e-5,
    why: "the GPU adds up to some thousand numbers of about 1 in f32, in chunks; the reference adds in f64",
  },
  cases: [
    {
      name: "leading axes: a bias gradient",
      inputs: { x: f32Tensor([2, 3], [1, 2, 3, 4, 5, 6]) },
      attrs: { shape: [3] },
      expected: { y: f32Tensor([3], [5, 7, 9]) },
    },
    {
      name: "an inner axis of size 1 stays in the shape",
      inputs: { x: f32Tensor([2, 3], [1, 2, 3, 4, 5, 6]) },
      attrs: { shape: [2, 1] },
      expected: { y: f32Tensor([2, 1], [6, 15]) },
    },
    { name: "everything", inputs: { x: fixed(1, 7, 11, 13) }, attrs: { shape: [1] } },
    { name: "nothing", inputs: { x: fixed(2, 3, 5) }, attrs: { shape: [3, 5] } },
    { name: "-1 keeps an axis", inputs: { x: fixed(3, 5, 3, 7) }, attrs: { shape: [-1, 1, 7] } },
    { name: "axes 0 and 2 of 4", inputs: { x: fixed(4, 3, 5, 7, 11) }, attrs: { shape: [1, 5, 1, 11] } },
    { name: "a long axis, cut into chunks of which the last is short", inputs: { x: fixed(5, 1013, 3) }, attrs: { shape: [3] } },
    { name: "a long innermost axis", inputs: { x: fixed(6, 3, 1013) }, attrs: { shape: [3, 1] } },
    { name: "two long axes", inputs: { x: fixed(7, 71, 3, 67) }, attrs: { shape: [1, 3, 1] } },
  ],
  random(r) {
    const shape = Array.from({ length: r.int(1, 5) }, () => r.int(1, 9));
    const to = shape.map((d) => r.pick([1, d, -1])).slice(r.int(0, shape.length - 1));
    return { name: "random", inputs: { x: normal(r, shape) }, attrs: { shape: to } };
  },
};
