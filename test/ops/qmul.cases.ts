import { requantizeMultiplier, roundings, type Rounding } from "../../src/numerics/index.ts";
import { qmul } from "../../src/ops/qmul.ts";
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
import { randomShapes } from "../support/pairs.ts";
import { filled, made } from "../support/quantized.ts";

type Three = readonly [number, number, number];

function scaled(a: Tensor, b: Tensor, [x, w, y]: Three, zeroPoints: Three, rounding: Rounding = "singleHalfUp"): Tensors {
  const [za, zb, zy] = zeroPoints.map(i32);
  return { a, b, aZeroPoint: za!, bZeroPoint: zb!, yZeroPoint: zy!, ...fixedInputs([requantizeMultiplier(rounding, { x, w, y })]) };
}

export const qmulCases: OpCases = {
  op: qmul,
  cases: [
    {
      name: "the product of what is above the zero points, saturated",
      inputs: scaled(tensor("i8", [5], [3, -1, 127, -128, 1]), tensor("i8", [5], [6, 4, 127, 127, 9]), [1, 1, 1], [1, 1, 0]),
      expected: { y: tensor("i8", [5], [10, -6, 127, -128, 0]) },
    },
    {
      name: "the largest products there are",
      inputs: scaled(
        filled([2, 3], 127),
        bytes("u8", [3], () => 255),
        [1, 1, 600],
        [-128, 0, 0],
      ),
      expected: { y: filled([2, 3], 108) },
    },
    ...[200, 255.75, 1000].map((factor) => ({
      name: `a factor of ${factor}: all but nothing saturates, float`,
      inputs: scaled(
        bytes("i8", [256, 1], (i) => i - 128),
        bytes("u8", [256], (i) => i),
        [1, factor, 1],
        [3, 127, -5],
        "float",
      ),
      attrs: { rounding: "float" },
    })),
    ...roundings.map((rounding) => ({
      name: `every pair of bytes, many products ties, ${rounding}`,
      inputs: scaled(
        bytes("i8", [256, 1], (i) => i - 128),
        bytes("u8", [256], (i) => i),
        [0.25, 0.5, 8],
        [3, 127, -5],
        rounding,
      ),
      attrs: { rounding },
    })),
    {
      name: "a gate of one value a channel, relu, u8",
      inputs: scaled(
        bytes("u8", [2, 3, 5, 7], (i) => (i * 67) % 256),
        made([2, 1, 1, 7], (i) => i * 9 - 60),
        [0.3, 0.02, 0.25],
        [130, -60, 99],
      ),
      attrs: { dtype: "u8", quantMin: 0, quantMax: 200, activation: "relu" },
    },
    {
      name: "one value of each row against an odd number of channels: nothing in the padding",
      inputs: scaled(
        made([3, 1], (i) => 100 + i),
        made([3, 5], (i) => i),
        [1, 1, 2],
        [-3, 5, -128],
      ),
    },
  ],
  random(r) {
    const [aShape, bShape] = randomShapes(r);
    const [aType, bType] = [r.pick<Byte>(["i8", "u8"]), r.pick<Byte>(["i8", "u8"])];
    const attrs = randomRequantize(r);
    const fixed = randomFixed(r, r.pick([128 * 128, 1000]));
    const zero = (range: { quantMin: number; quantMax: number }): Tensor => i32(randomZero(r, range));
    const inputs = {
      a: randomBytes(r, aType, aShape),
      b: randomBytes(r, bType, bShape),
      aZeroPoint: zero(wholeRange(aType)),
      bZeroPoint: zero(wholeRange(bType)),
      yZeroPoint: zero(attrs),
      ...fixedInputs([attrs.rounding.startsWith("float") ? roundedToF32(fixed) : fixed]),
    };
    return { name: "random", inputs, attrs };
  },
};
