import { Random } from "../../src/numerics/random.ts";
import { batchNorm2d } from "../../src/ops/batchNorm2d.ts";
import { batchNorm2dBackward } from "../../src/ops/batchNorm2dBackward.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { f32Tensor, normal } from "../support/float.ts";
import { batchNorm2dCases } from "./batchNorm2d.cases.ts";

/** The gradient's inputs as a forward pass leaves them. */
function backward(r: Random, c: OpCase): OpCase {
  const attrs = { ...batchNorm2d.defaults, ...c.attrs } as never;
  const { x, weight, inputScale, inputShift } = c.inputs;
  const { mean, invStd } = batchNorm2d.reference(c.inputs, attrs);
  const { training, eps } = attrs as { training: boolean; eps: number };
  return {
    name: c.name,
    inputs: {
      dy: normal(r, x!.shape),
      x: x!,
      mean: mean!,
      invStd: invStd!,
      ...(weight && { weight }),
      ...(inputScale && { inputScale }),
      ...(inputShift && { inputShift }),
    },
    attrs: { training, eps },
  };
}

export const batchNorm2dBackwardCases: OpCases = {
  op: batchNorm2dBackward,
  tolerance: {
    rtol: 1e-5,
    atol: 2e-4,
    why: "sums of some thousand products of about 1 in f32, in blocks and parts, of normalized values that are off by up to 2^-19 where the mean is 30 deviations from 0; the reference adds in f64",
  },
  cases: [
    {
      name: "running statistics: dx is dy * inputScale * weight * invStd alone",
      inputs: {
        dy: f32Tensor([2, 1], [1, 3]),
        x: f32Tensor([2, 1], [5, 6]),
        mean: f32Tensor([1], [1]),
        invStd: f32Tensor([1], [0.5]),
        weight: f32Tensor([1], [4]),
        inputScale: f32Tensor([1], [2]),
        inputShift: f32Tensor([1], [-3]),
      },
      attrs: { training: false },
      expected: {
        dx: f32Tensor([2, 1], [4, 12]),
        // h = (2 x - 3 - 1) / 2 = 3, 4
        dweight: f32Tensor([1], [15]),
        dbias: f32Tensor([1], [4]),
        // sum of dx' * x = 2 * (1 * 5 + 3 * 6)
        dinputScale: f32Tensor([1], [46]),
        dinputShift: f32Tensor([1], [8]),
      },
    },
    ...batchNorm2dCases.cases.map((c, i) => backward(new Random(i, 5), c)),
  ],
  random: (r) => backward(r, batchNorm2dCases.random(r)),
};
