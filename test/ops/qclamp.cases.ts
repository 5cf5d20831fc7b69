import { qclamp } from "../../src/ops/qclamp.ts";
import { tensor } from "../../src/tensor/index.ts";
import { i32, randomBytes, wholeRange, type Byte } from "../support/requantized.ts";
import type { OpCases } from "../support/cases.ts";
import { CHANNELS, filled } from "../support/quantized.ts";

const between = (low: number, high: number) => ({ low: i32(low), high: i32(high) });

export const qclampCases: OpCases = {
  op: qclamp,
  cases: [
    {
      name: "both bounds, across 0",
      inputs: { x: tensor("i8", [1, 5], [-128, -8, -7, 0, 127]), ...between(-7, 3) },
      expected: { y: tensor("i8", [1, 5], [-7, -7, -7, 0, 3]) },
    },
    {
      name: "u8: values above 127 are not negative",
      inputs: { x: tensor("u8", [5], [0, 127, 128, 200, 255]), ...between(128, 254) },
      expected: { y: tensor("u8", [5], [128, 128, 128, 200, 254]) },
    },
    {
      name: "bounds beyond the element type are its ends",
      inputs: { x: tensor("i8", [3], [-128, 0, 127]), ...between(-1000, 1000) },
      expected: { y: tensor("i8", [3], [-128, 0, 127]) },
    },
    {
      name: "bounds the wrong way round: the upper one",
      inputs: { x: tensor("u8", [3], [0, 5, 255]), ...between(9, 4) },
      expected: { y: tensor("u8", [3], [4, 4, 4]) },
    },
    {
      name: "bounds above 0 must not leak into padding lanes",
      inputs: { x: filled([3, 1], -128), ...between(100, 101) },
      expected: { y: filled([3, 1], 100) },
    },
  ],
  random(r) {
    const dtype = r.pick<Byte>(["i8", "u8"]);
    const shape = r.pick([[r.int(1, 3), r.int(1, 5), 1, r.pick(CHANNELS)], [r.int(1, 7), r.pick(CHANNELS)], [r.pick(CHANNELS)]]);
    const { quantMin, quantMax } = wholeRange(dtype);
    const low = r.int(quantMin, quantMax);
    return { name: "random", inputs: { x: randomBytes(r, dtype, shape), ...between(low, r.int(low, quantMax)) } };
  },
};
