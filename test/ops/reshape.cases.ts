import { reshape } from "../../src/ops/reshape.ts";
import { tensor } from "../../src/tensor/index.ts";
import { bytes } from "../support/bytes.ts";
import type { OpCases } from "../support/cases.ts";
import { fixed } from "../support/float.ts";

export const reshapeCases: OpCases = {
  op: reshape,
  differentiable: ["x"],
  smooth: (c) => ({ ...c, inputs: { x: fixed(1, ...c.inputs["x"]!.shape) } }),
  cases: [
    { name: "f32 keeps its memory", inputs: { x: fixed(1, 2, 3, 35) }, attrs: { shape: [7, 30] } },
    { name: "0 keeps an axis, -1 takes what is left", inputs: { x: fixed(2, 3, 4, 5) }, attrs: { shape: [0, -1, 2] } },
    { name: "i8 rows of 5 become rows of 3", inputs: { x: bytes("i8", 3, 5) }, attrs: { shape: [5, 3] } },
    {
      name: "u8 rows of 3 become one row",
      inputs: { x: tensor("u8", [2, 3], [1, 2, 3, 250, 251, 252]) },
      attrs: { shape: [-1] },
      expected: { y: tensor("u8", [6], [1, 2, 3, 250, 251, 252]) },
    },
    { name: "i8 with rows of the same length keeps its memory", inputs: { x: bytes("i8", 2, 3, 5) }, attrs: { shape: [6, 5] } },
    { name: "i8 with whole words keeps its memory", inputs: { x: bytes("i8", 2, 3, 4) }, attrs: { shape: [3, 8] } },
    { name: "i32", inputs: { x: bytes("i32", 2, 3, 5) }, attrs: { shape: [5, 6] } },
    { name: "to one number without axes", inputs: { x: bytes("i8", 1, 1) }, attrs: { shape: [] } },
    { name: "an inner axis of 1", inputs: { x: bytes("i8", 7, 1) }, attrs: { shape: [1, 7] } },
  ],
  random(r) {
    const factors = Array.from({ length: r.int(1, 4) }, () => r.pick([1, 2, 3, 5, 7]));
    if (r.int(0, 2) === 0) factors[r.int(0, factors.length - 1)] = r.pick([31, 33]);
    const count = factors.reduce((p, d) => p * d, 1);
    const split = r.int(0, factors.length);
    const shape = [...factors.slice(split), ...factors.slice(0, split)];
    const merged = r.int(0, 1) === 1 ? shape : [shape[0]!, count / shape[0]!];
    return { name: "random", inputs: { x: bytes(r.pick(["i8", "u8", "i32"]), ...factors) }, attrs: { shape: merged } };
  },
};
