import { qconcat } from "../../src/ops/qconcat.ts";
import { tensor } from "../../src/tensor/index.ts";
import { bytes, randomBytes, type Byte } from "../support/requantized.ts";
import type { OpCases } from "../support/cases.ts";
import { joinCases } from "../support/joins.ts";

export const qconcatCases: OpCases = joinCases(
  qconcat,
  (seed, shape) => bytes("u8", shape, (i) => (i * 37 + seed * 101 + 1) % 256),
  (r) => {
    const dtype = r.pick<Byte>(["i8", "u8"]);
    return (shape) => randomBytes(r, dtype, shape);
  },
  [
    {
      name: "channels that meet inside a word",
      inputs: { x0: tensor("i8", [2, 3], [1, 2, 3, 4, 5, 6]), x1: tensor("i8", [2, 2], [-1, -2, -3, -4]) },
      attrs: { axis: -1 },
      expected: { y: tensor("i8", [2, 5], [1, 2, 3, -1, -2, 4, 5, 6, -3, -4]) },
    },
  ],
);
