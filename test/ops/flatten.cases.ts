import type { Random } from "../../src/numerics/random.ts";
import { flatten } from "../../src/ops/flatten.ts";
import { bytes } from "../support/bytes.ts";
import type { OpCases } from "../support/cases.ts";
import { fixed } from "../support/float.ts";
import { CHANNELS } from "../support/quantized.ts";
import { randomBytes, type Byte } from "../support/requantized.ts";

export const flattenCases: OpCases = {
  op: flatten,
  differentiable: ["x"],
  smooth: (c) => ({ ...c, inputs: { x: fixed(1, ...c.inputs["x"]!.shape) } }),
  cases: [
    { name: "f32 keeps its memory", inputs: { x: fixed(1, 2, 3, 5, 7) }, attrs: { startDim: 1 } },
    { name: "i8 with whole words keeps its memory", inputs: { x: bytes("i8", 2, 3, 5, 8) } },
    { name: "i8 with 5 channels loses the padding of its rows", inputs: { x: bytes("i8", 2, 3, 2, 5) } },
    { name: "i8 rows of 1, 2 and 3 channels", inputs: { x: bytes("i8", 3, 7, 1, 1) } },
    { name: "u8 of 3 channels to rows of whole words", inputs: { x: bytes("u8", 2, 2, 2, 3) } },
    { name: "i8 flattened from the first axis", inputs: { x: bytes("i8", 3, 5, 3) }, attrs: { startDim: 0 } },
    { name: "i8, the innermost axis alone stays as it is", inputs: { x: bytes("i8", 3, 5, 3) }, attrs: { startDim: 2 } },
    { name: "i8, inner axes of 1: rows keep their words", inputs: { x: bytes("i8", 3, 1, 1, 5) } },
    { name: "middle axes only", inputs: { x: bytes("i8", 2, 3, 5, 3) }, attrs: { startDim: 1, endDim: 2 } },
    {
      name: "up to the last but one: the innermost axis keeps its words",
      inputs: { x: bytes("i8", 3, 5, 3) },
      attrs: { startDim: 0, endDim: 1 },
    },
    { name: "negative axes", inputs: { x: fixed(2, 2, 3, 5, 7) }, attrs: { startDim: -3, endDim: -2 } },
  ],
  random(r: Random) {
    const shape = Array.from({ length: r.int(1, 4) }, () => r.int(1, 7));
    if (r.int(0, 2) === 0) shape[shape.length - 1] = r.pick(CHANNELS);
    const startDim = r.int(0, shape.length - 1);
    return {
      name: "random",
      inputs: { x: randomBytes(r, r.pick<Byte>(["i8", "u8"]), shape) },
      attrs: { startDim, endDim: r.int(startDim, shape.length - 1) },
    };
  },
};
