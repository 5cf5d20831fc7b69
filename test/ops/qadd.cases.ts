import { roundings, type Rounding } from "../../src/numerics/index.ts";
import { additionMultipliers } from "../../src/ops/addition.ts";
import { qadd } from "../../src/ops/qadd.ts";
import type { OpDef, Tensors } from "../../src/ops/op.ts";
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
import type { OpCase, OpCases } from "../support/cases.ts";
import { randomShapes } from "../support/pairs.ts";
import { filled, made } from "../support/quantized.ts";

type Three = readonly [number, number, number];

/** Inputs as the converter makes them from scales and zero points. */
export function scaled(a: Tensor, b: Tensor, [sa, sb, sy]: Three, zeroPoints: Three, rounding: Rounding = "singleHalfUp"): Tensors {
  const fixed = additionMultipliers({ a: Math.fround(sa), b: Math.fround(sb), y: Math.fround(sy) }, rounding, "case");
  const [za, zb, zy] = zeroPoints.map(i32);
  return { a, b, aZeroPoint: za!, bZeroPoint: zb!, yZeroPoint: zy!, ...fixedInputs(fixed) };
}

/** Any types, shapes, roundings and zero points; scales as graphs have them, or any multipliers. */
export function randomAddition(r: Parameters<OpCases["random"]>[0]): OpCase {
  const [aShape, bShape] = randomShapes(r);
  const [aType, bType] = [r.pick<Byte>(["i8", "u8"]), r.pick<Byte>(["i8", "u8"])];
  const attrs = randomRequantize(r);
  const scale = (): number => r.pick([1, 0.5, 2 ** r.uniform(-8, 3)]);
  const [sa, sb] = [scale(), scale()];
  const sy = Math.max(sa, sb) * r.pick([1, 2, 3, 2 ** r.uniform(-1, 2), 2 ** r.uniform(-20, 20)]);
  const zeroPoints = [randomZero(r, wholeRange(aType)), randomZero(r, wholeRange(bType)), randomZero(r, attrs)] as const;
  const inputs = scaled(randomBytes(r, aType, aShape), randomBytes(r, bType, bShape), [sa, sb, sy], zeroPoints, attrs.rounding);
  if (r.int(0, 7) > 0) return { name: "random", inputs, attrs };
  const any = [2 ** 28, 2 ** 28, 2 ** 27].map((reach) => randomFixed(r, reach));
  // A scale of 0 is no scale.
  const float = attrs.rounding.startsWith("float");
  const fixed = float ? any.map((f) => (f.multiplier === 0 ? { multiplier: 2 ** 30, exponent: 0 } : roundedToF32(f))) : any;
  return { name: "random", inputs: { ...inputs, ...fixedInputs(fixed) }, attrs };
}

/** Every sum of two integers, with scales that make every other sum a tie, by every rule. */
const ties = (op: OpDef): readonly OpCase[] =>
  roundings.map((rounding) => ({
    name: `every pair of bytes, half of the sums ties, ${rounding}`,
    inputs: scaled(
      bytes("i8", [256, 1], (i) => i - 128),
      bytes("u8", [256], (i) => i),
      [0.75, op === qadd ? 0.25 : 0.125, 0.5],
      [3, 127, -5],
      rounding,
    ),
    attrs: { rounding },
  }));

/** Where cases of sums and differences are alike. */
export const sharedCases = (op: OpDef): readonly OpCase[] => [
  ...ties(op),
  {
    name: "zero points apart by the whole range",
    inputs: scaled(filled([2, 3], 127), filled([2, 3], op === qadd ? -128 : 127), [1, 1, 2], [-128, op === qadd ? 127 : -128, 7]),
    expected: { y: filled([2, 3], 7) },
  },
  {
    name: "scales far apart: the small one still moves the result",
    inputs: scaled(
      made([1, 2, 3, 7], (i) => ((i * 91) % 256) - 128),
      made([1, 2, 3, 7], (i) => ((i * 57) % 256) - 128),
      [3, 0.004, 2.5],
      [11, -128, -3],
    ),
  },
  {
    name: "a column and a row, u8 to u8",
    inputs: scaled(
      bytes("u8", [3, 5, 1], (i) => (i * 67) % 256),
      bytes("u8", [5, 7], (i) => (i * 41) % 256),
      [0.3, 0.2, 0.25],
      [130, 7, 99],
    ),
    attrs: { dtype: "u8", quantMin: 0, quantMax: 255 },
  },
  {
    name: "one value against an odd number of channels: nothing in the padding",
    inputs: scaled(
      filled([1], 100),
      made([2, 33], (i) => i),
      [1, 1, 2],
      [-3, 5, -128],
    ),
  },
  {
    name: "six axes that alternate",
    inputs: scaled(
      made([2, 1, 3, 1, 2, 1], (i) => i * 9),
      made([1, 3, 1, 2, 1, 5], (i) => i * -4),
      [0.1, 0.2, 0.3],
      [1, 2, 3],
      "float",
    ),
    attrs: { rounding: "float" },
  },
  {
    name: "runs of 128 words, the last of them short, half of the sums beside ties",
    inputs: scaled(
      made([131, 1001, 4], (i) => ((i * 91) % 256) - 128),
      made([131, 1001, 4], (i) => ((i * 57) % 251) - 125),
      [0.75, 0.25, 0.5],
      [11, -128, -3],
    ),
  },
  ...(["singleHalfUp", "float"] as const).map((rounding) => ({
    name: `an odd number of channels down many rows, ${rounding}`,
    inputs: scaled(
      made([5, 211, 61], (i) => ((i * 91) % 256) - 128),
      made([5, 211, 61], (i) => ((i * 57) % 251) - 125),
      [0.3, 0.2, 0.25],
      [11, -128, -3],
      rounding,
    ),
    attrs: { rounding },
  })),
  {
    name: "a single row, long, that ends inside a word",
    inputs: scaled(
      made([1, 20_003], (i) => ((i * 91) % 256) - 128),
      made([20_003], (i) => ((i * 57) % 251) - 125),
      [0.3, 0.2, 0.25],
      [11, -128, -3],
    ),
  },
  {
    name: "a value for each channel of each image, odd, many rows",
    inputs: scaled(
      made([3, 1, 1, 67], (i) => ((i * 91) % 256) - 128),
      made([3, 13, 41, 67], (i) => ((i * 57) % 251) - 125),
      [0.3, 0.2, 0.25],
      [11, -128, -3],
    ),
  },
  ...(
    [
      ["a single row, long, that ends inside its last vec4", [1, 20_015], [20_015]],
      ["vec4s over two rows, with a value for each channel of an image", [3, 1, 1, 24], [3, 6, 7, 24]],
      ["vec4s over four rows that end inside a word, with a value for each channel", [8, 9, 18], [18]],
      ["vec4s over four rows, with a value for each of these", [7, 12, 20], [7, 12, 1]],
      ["vec4s over four rows of one word, with a value for each of these", [5, 20, 3], [5, 20, 1]],
      ["a value for each pixel, many of them", [9, 700, 64], [9, 700, 1]],
      ["a value for each channel, many rows that end inside a word", [31, 256, 61], [61]],
      ["a value for each pixel, the other side's for each channel of an image", [2, 1, 61], [2, 40, 1]],
    ] as const
  ).map(([name, a, b]) => ({
    name,
    inputs: scaled(
      made([...a], (i) => ((i * 91) % 256) - 128),
      made([...b], (i) => ((i * 57) % 251) - 125),
      [0.3, 0.2, 0.25],
      [11, -128, -3],
    ),
  })),
  ...(["doubleHalfAway", "doubleHalfUp"] as const).map((rounding) => ({
    name: `multipliers below 2^30 whose shifts saturate, ${rounding}`,
    inputs: {
      ...scaled(
        bytes("i8", [256, 1], (i) => i - 128),
        bytes("u8", [256], (i) => i),
        [1, 1, 1],
        [3, 127, -5],
      ),
      ...fixedInputs([
        { multiplier: 15_000_001, exponent: 5 },
        { multiplier: 8_000_003, exponent: 6 },
        { multiplier: 2 ** 30, exponent: -18 },
      ]),
    },
    attrs: { rounding },
  })),
  { name: "no elements", inputs: scaled(filled([0, 3], 0), filled([1, 3], 1), [1, 1, 1], [0, 0, 0]) },
];

export const qaddCases: OpCases = {
  op: qadd,
  cases: [
    {
      name: "equal scales: the sum of what is above the zero points, saturated",
      inputs: scaled(tensor("i8", [1, 5], [1, 2, 127, -128, -7]), tensor("i8", [1, 5], [3, -4, 127, -128, 5]), [0.5, 0.5, 0.5], [0, 0, 0]),
      expected: { y: tensor("i8", [1, 5], [4, -2, 127, -128, -2]) },
    },
    {
      name: "exact ties round up, also below zero",
      inputs: scaled(tensor("i8", [6], [1, 3, -1, -3, 5, -5]), filled([6], 0), [1, 1, 2], [0, 0, 0]),
      expected: { y: tensor("i8", [6], [1, 2, 0, -1, 3, -2]) },
    },
    {
      name: "exact ties away from zero",
      inputs: scaled(tensor("i8", [6], [1, 3, -1, -3, 5, -5]), filled([6], 0), [1, 1, 2], [0, 0, 0]),
      attrs: { rounding: "doubleHalfAway" },
      expected: { y: tensor("i8", [6], [1, 2, -1, -2, 3, -3]) },
    },
    {
      name: "exact ties to even, before the zero point is added",
      inputs: scaled(tensor("i8", [6], [1, 3, -1, -3, 5, -5]), filled([6], 0), [1, 1, 2], [0, 0, 1], "float"),
      attrs: { rounding: "float" },
      expected: { y: tensor("i8", [6], [1, 3, 1, -1, 3, -1]) },
    },
    {
      name: "relu clamps at the zero point of y",
      inputs: scaled(tensor("i8", [3], [-50, 0, 50]), filled([3], 0), [1, 1, 1], [0, 0, -20]),
      attrs: { activation: "relu" },
      expected: { y: tensor("i8", [3], [-20, -20, 30]) },
    },
    ...sharedCases(qadd),
  ],
  random: randomAddition,
};
