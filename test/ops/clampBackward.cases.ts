import { clampBackward } from "../../src/ops/clampBackward.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor } from "../support/float.ts";
import { unaryBackwardCases } from "../support/unary-cases.ts";

const dy = f32Tensor([7], [1, 2, 3, 4, 5, 6, 7]);

export const clampBackwardCases: OpCases = unaryBackwardCases({
  op: clampBackward,
  attrs: { min: -3, max: 3, boundGradient: 1 },
  cases: [
    {
      name: "1 at both bounds, 0 outside and for NaN",
      inputs: { dy, x: f32Tensor([7], [-1.0000001, -1, 0, 6, 6.0000005, NaN, -Infinity]) },
      attrs: { min: -1, max: 6, boundGradient: 1 },
      expected: { dx: f32Tensor([7], [0, 2, 3, 4, 0, 0, 0]) },
    },
    {
      name: "no bounds",
      inputs: { dy, x: f32Tensor([7], [-1e38, -1, 0, 6, Infinity, NaN, -Infinity]) },
      attrs: { min: null, max: null, boundGradient: 1 },
      expected: { dx: f32Tensor([7], [1, 2, 3, 4, 5, 0, 7]) },
    },
    {
      name: "a bound that is no f32 counts as the f32 that the output holds",
      inputs: { dy, x: f32Tensor([7], [0.1, -0.1, 0.1, 0, 0, 0, 0]) },
      attrs: { min: -0.1, max: 0.1, boundGradient: 1 },
      expected: { dx: dy },
    },
    {
      name: "hardtanh: 0 at both bounds, also at 0 and beside infinity",
      inputs: { dy, x: f32Tensor([7], [0, -0, 2 ** -126, 2, 1.9999999, 2.0000002, NaN]) },
      attrs: { min: 0, max: 2, boundGradient: 0 },
      expected: { dx: f32Tensor([7], [0, 0, 3, 0, 5, 0, 0]) },
    },
    {
      name: "hardtanh without bounds",
      inputs: { dy, x: f32Tensor([7], [-3e38, -1, 0, 6, 3e38, NaN, 1]) },
      attrs: { min: null, max: null, boundGradient: 0 },
      expected: { dx: f32Tensor([7], [1, 2, 3, 4, 5, 0, 7]) },
    },
  ],
  random: (r) => ({ min: r.pick([null, -3]), max: r.pick([null, 1.5]), boundGradient: r.pick([0, 1] as const) }),
});
