import { observe } from "../../src/ops/observe.ts";
import type { OpCases } from "../support/cases.ts";
import { axisOf, floats, ints, normals, qparams, shapeOf } from "../support/quantizer-cases.ts";

const i8 = { quantMin: -128, quantMax: 127 };

export const observeCases: OpCases = {
  op: observe,
  cases: [
    {
      name: "nothing is rounded",
      inputs: { x: floats([2, 3], [0.3, -0, 1e-45, 1e3, -7, 2]), scale: floats([1], [1]), zeroPoint: ints([1], [0]) },
      attrs: i8,
      expected: { y: floats([2, 3], [0.3, -0, 1e-45, 1e3, -7, 2]) },
    },
    {
      name: "per channel",
      inputs: { x: floats([2, 2], [1, 2, 3, 4]), scale: floats([2], [1, 2]), zeroPoint: ints([2], [0, 1]) },
      attrs: { ...i8, axis: 1 },
    },
  ],
  random(r) {
    const shape = shapeOf(r, r.int(0, 4), 5);
    const { axis, channels } = axisOf(r, shape);
    return { name: "random", inputs: { x: normals(r, shape), ...qparams(r, channels, -128, 127) }, attrs: { ...i8, axis } };
  },
  differentiable: ["x"],
};
