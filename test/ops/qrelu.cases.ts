import { qrelu } from "../../src/ops/qrelu.ts";
import { scalar, tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { CHANNELS, filled, randomI8, randomZeroPoint, unsigned } from "../support/quantized.ts";

const at = (zeroPoint: number) => scalar("i32", zeroPoint);

export const qreluCases: OpCases = {
  op: qrelu,
  cases: [
    {
      name: "clamps at the zero point, not at 0",
      inputs: { x: tensor("i8", [1, 5], [-128, -8, -7, 0, 127]), zeroPoint: at(-7) },
      expected: { y: tensor("i8", [1, 5], [-7, -7, -7, 0, 127]) },
    },
    {
      name: "u8: values above 127 are not negative",
      inputs: { x: tensor("u8", [3], [0, 130, 255]), zeroPoint: at(129) },
      expected: { y: tensor("u8", [3], [129, 130, 255]) },
    },
    {
      name: "a zero point above 0 must not leak into padding lanes",
      inputs: { x: filled([3, 1], -128), zeroPoint: at(127) },
      expected: { y: filled([3, 1], 127) },
    },
    {
      name: "zero point at the low end: nothing changes",
      inputs: { x: tensor("i8", [2, 3], [-128, -127, -1, 0, 1, 127]), zeroPoint: at(-128) },
    },
  ],
  random(r) {
    const shape = r.pick([[r.int(1, 3), r.int(1, 5), 1, r.pick(CHANNELS)], [r.int(1, 7), r.pick(CHANNELS)], [r.pick(CHANNELS)]]);
    const [x, zeroPoint] = [randomI8(r, shape, -128), randomZeroPoint(r)];
    const inputs = r.int(0, 1) === 0 ? { x, zeroPoint: at(zeroPoint) } : { x: unsigned(x), zeroPoint: at(zeroPoint + 128) };
    return { name: "random", inputs };
  },
};
