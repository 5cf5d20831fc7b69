import { qrelu6 } from "../../src/ops/qrelu6.ts";
import { tensor } from "../../src/tensor/index.ts";
import { i32, randomBytes, wholeRange, type Byte } from "../support/requantized.ts";
import type { OpCases } from "../support/cases.ts";
import { CHANNELS } from "../support/quantized.ts";

const bounds = (zeroPoint: number, six: number) => ({ zeroPoint: i32(zeroPoint), six: i32(six) });

export const qrelu6Cases: OpCases = {
  op: qrelu6,
  cases: [
    {
      name: "clamps at the zero point and at the integer of 6",
      inputs: { x: tensor("i8", [1, 5], [-128, -8, -7, 0, 127]), ...bounds(-7, 53) },
      expected: { y: tensor("i8", [1, 5], [-7, -7, -7, 0, 53]) },
    },
    {
      name: "6 beyond the range: relu alone",
      inputs: { x: tensor("u8", [3], [0, 130, 255]), ...bounds(129, 600) },
      expected: { y: tensor("u8", [3], [129, 130, 255]) },
    },
  ],
  random(r) {
    const dtype = r.pick<Byte>(["i8", "u8"]);
    const shape = [r.int(1, 3), r.int(1, 5), r.int(1, 3), r.pick(CHANNELS)].slice(r.int(0, 3));
    const { quantMin, quantMax } = wholeRange(dtype);
    const zeroPoint = r.int(quantMin, quantMax);
    return { name: "random", inputs: { x: randomBytes(r, dtype, shape), ...bounds(zeroPoint, r.int(zeroPoint, quantMax + 50)) } };
  },
};
