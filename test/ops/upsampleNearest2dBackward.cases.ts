import { upsampleNearest2dBackward } from "../../src/ops/upsampleNearest2dBackward.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

export const upsampleNearest2dBackwardCases: OpCases = {
  op: upsampleNearest2dBackward,
  tolerance: { rtol: 1e-6, atol: 1e-5, why: "the GPU adds up to 35 numbers of about 1 in f32, the reference in f64" },
  cases: [
    {
      name: "blocks of 2 x 2",
      inputs: { dy: f32Tensor([1, 2, 4, 1], [1, 2, 10, 20, 3, 4, 30, 40]) },
      expected: { dx: f32Tensor([1, 1, 2, 1], [10, 100]) },
    },
    { name: "several images, blocks of 3 x 2", inputs: { dy: fixed(1, 3, 15, 14, 11) }, attrs: { scale: [3, 2] } },
    { name: "one block of 5 x 7", inputs: { dy: fixed(2, 2, 5, 7, 5) }, attrs: { scale: [5, 7] } },
  ],
  random(r) {
    const [sy, sx] = [r.int(1, 4), r.int(1, 4)];
    const dy = normal(r, [r.int(1, 3), sy * r.int(1, 5), sx * r.int(1, 5), r.int(1, 9)]);
    return { name: "random", inputs: { dy }, attrs: { scale: [sy, sx] } };
  },
};
