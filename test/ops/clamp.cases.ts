import { clamp } from "../../src/ops/clamp.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor } from "../support/float.ts";
import { unaryCases } from "../support/unary-cases.ts";

const x = f32Tensor([8], [-2, -1, 0.5, 6, 7, Infinity, -Infinity, NaN]);

export const clampCases: OpCases = unaryCases({
  op: clamp,
  attrs: { min: -3, max: 1.5 },
  kinks: [-3, 1.5],
  cases: [
    { name: "NaN stays", inputs: { x }, attrs: { min: -1, max: 6 }, expected: { y: f32Tensor([8], [-1, -1, 0.5, 6, 6, 6, -1, NaN]) } },
    { name: "no upper bound", inputs: { x }, attrs: { min: -1 }, expected: { y: f32Tensor([8], [-1, -1, 0.5, 6, 7, Infinity, -1, NaN]) } },
    { name: "no lower bound", inputs: { x }, attrs: { max: 6 }, expected: { y: f32Tensor([8], [-2, -1, 0.5, 6, 6, 6, -Infinity, NaN]) } },
    { name: "equal bounds", inputs: { x }, attrs: { min: 2, max: 2 }, expected: { y: f32Tensor([8], [2, 2, 2, 2, 2, 2, 2, NaN]) } },
  ].map((c) => ({ ...c, attrs: { min: null, max: null, ...c.attrs } })),
  random: (r) => ({ min: r.pick([null, -3]), max: r.pick([null, 1.5]) }),
});
