import { qupsampleNearest2d } from "../../src/ops/qupsampleNearest2d.ts";
import { tensor } from "../../src/tensor/index.ts";
import { bytes } from "../support/bytes.ts";
import type { OpCases } from "../support/cases.ts";
import { CHANNELS } from "../support/quantized.ts";
import { randomBytes, type Byte } from "../support/requantized.ts";

export const qupsampleNearest2dCases: OpCases = {
  op: qupsampleNearest2d,
  cases: [
    {
      name: "i8, both ends of the range",
      inputs: { x: tensor("i8", [1, 1, 2, 1], [-128, 127]) },
      expected: { y: tensor("i8", [1, 2, 4, 1], [-128, -128, 127, 127, -128, -128, 127, 127]) },
    },
    { name: "u8, 3 channels: padding lanes stay 0", inputs: { x: bytes("u8", 2, 3, 5, 3) }, attrs: { scale: [3, 2] } },
    { name: "i8, 7 channels", inputs: { x: bytes("i8", 3, 2, 1, 7) } },
    { name: "i8, 31 channels, one axis only", inputs: { x: bytes("i8", 1, 3, 5, 31) }, attrs: { scale: [1, 5] } },
    { name: "u8, 8 channels", inputs: { x: bytes("u8", 2, 3, 5, 8) } },
  ],
  random: (r) => ({
    name: "random",
    inputs: { x: randomBytes(r, r.pick<Byte>(["i8", "u8"]), [r.int(1, 3), r.int(1, 6), r.int(1, 6), r.pick([...CHANNELS, 4, 8])]) },
    attrs: { scale: [r.int(1, 4), r.int(1, 4)] },
  }),
};
