import { requantizeMultiplier, roundings, type Rounding } from "../../src/numerics/index.ts";
import { requantize } from "../../src/ops/requantize.ts";
import type { Tensors } from "../../src/ops/op.ts";
import { tensor, type Tensor } from "../../src/tensor/index.ts";
import {
  bytes,
  fixedInputs,
  i32,
  randomBytes,
  randomFixed,
  randomRequantize,
  randomZero,
  roundedToF32,
  wholeRange,
  type Byte,
} from "../support/requantized.ts";
import type { OpCases } from "../support/cases.ts";
import { CHANNELS } from "../support/quantized.ts";

function scaled(
  x: Tensor,
  [sx, sy]: readonly [number, number],
  [zx, zy]: readonly [number, number],
  rounding: Rounding = "singleHalfUp",
): Tensors {
  return { x, xZeroPoint: i32(zx), yZeroPoint: i32(zy), ...fixedInputs([requantizeMultiplier(rounding, { x: sx, y: sy })]) };
}

export const requantizeCases: OpCases = {
  op: requantize,
  cases: [
    {
      name: "i8 to u8: only the zero point moves",
      inputs: scaled(tensor("i8", [5], [-128, -1, 0, 1, 127]), [1, 1], [0, 128]),
      attrs: { dtype: "u8", quantMin: 0, quantMax: 255 },
      expected: { y: tensor("u8", [5], [0, 127, 128, 129, 255]) },
    },
    {
      name: "a range of one value, as of a relu6 at a coarse scale",
      inputs: scaled(tensor("i8", [2, 5], [-128, -1, 0, 1, 127, 5, 4, 3, 2, 1]), [1, 1], [0, 127]),
      attrs: { activation: "relu", quantMin: 127 },
      expected: { y: tensor("i8", [2, 5], Array<number>(10).fill(127)) },
    },
    {
      name: "u8 to i8, half the step: saturates at both ends",
      inputs: scaled(tensor("u8", [2, 3], [0, 64, 128, 129, 191, 255]), [1, 0.5], [128, 0]),
      expected: { y: tensor("i8", [2, 3], [-128, -128, 0, 2, 126, 127]) },
    },
    {
      name: "relu with an upper bound: 0 to 6",
      inputs: scaled(tensor("i8", [5], [-128, -3, 0, 5, 127]), [0.1, 0.05], [-3, -128]),
      attrs: { activation: "relu", quantMax: -8 },
      expected: { y: tensor("i8", [5], [-128, -128, -122, -112, -8]) },
    },
    ...roundings.map((rounding) => ({
      name: `every byte, half of them ties, ${rounding}`,
      inputs: scaled(
        bytes("u8", [256], (i) => i),
        [0.5, 1],
        [99, 3],
        rounding,
      ),
      attrs: { rounding },
    })),
    {
      name: "0.49 becomes 1 where it is rounded twice",
      inputs: scaled(tensor("i8", [1], [63]), [1, 128], [0, 0]),
      attrs: { rounding: "doubleHalfAway" },
      expected: { y: tensor("i8", [1], [1]) },
    },
    { name: "no axes", inputs: scaled(tensor("i8", [], [5]), [1, 3], [0, 7]), expected: { y: tensor("i8", [], [9]) } },
  ],
  random(r) {
    const shape = r.pick([[r.int(1, 3), r.int(1, 5), 1, r.pick(CHANNELS)], [r.int(1, 7), r.pick(CHANNELS)], [r.pick(CHANNELS)]]);
    const dtype = r.pick<Byte>(["i8", "u8"]);
    const attrs = randomRequantize(r);
    const fixed = randomFixed(r, r.pick([128, 16]));
    const inputs = {
      x: randomBytes(r, dtype, shape),
      xZeroPoint: i32(randomZero(r, wholeRange(dtype))),
      yZeroPoint: i32(randomZero(r, attrs)),
      ...fixedInputs([attrs.rounding.startsWith("float") ? roundedToF32(fixed) : fixed]),
    };
    return { name: "random", inputs, attrs };
  },
};
