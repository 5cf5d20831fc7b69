import { quantizeMultiplier } from "../../src/numerics/index.ts";
import { qadd } from "../../src/ops/qadd.ts";
import { scalar, tensor, type Tensor } from "../../src/tensor/index.ts";
import type { Tensors } from "../../src/ops/op.ts";
import type { OpCases } from "../support/cases.ts";
import { CHANNELS, filled, i32Tensor, made, randomI8, randomRange, randomZeroPoint } from "../support/quantized.ts";

/** Inputs as the converter makes them from scales and zero points. */
function scaled(
  a: Tensor<"i8">,
  b: Tensor<"i8">,
  scales: readonly [number, number, number],
  zeroPoints: readonly [number, number, number],
): Tensors {
  const twice = 2 * Math.max(scales[0], scales[1]);
  const fixed = [scales[0] / twice, scales[1] / twice, twice / (2 ** 20 * scales[2])].map((m) => quantizeMultiplier(m));
  return {
    a,
    b,
    aZeroPoint: scalar("i32", zeroPoints[0]),
    bZeroPoint: scalar("i32", zeroPoints[1]),
    yZeroPoint: scalar("i32", zeroPoints[2]),
    multiplier: i32Tensor(fixed.map((f) => f.multiplier)),
    exponent: i32Tensor(fixed.map((f) => f.exponent)),
  };
}

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
      name: "zero points apart by the whole range",
      inputs: scaled(filled([2, 3], 127), filled([2, 3], -128), [1, 1, 2], [-128, 127, 7]),
      expected: { y: filled([2, 3], 7) },
    },
    {
      name: "relu clamps at the zero point of y",
      inputs: scaled(tensor("i8", [3], [-50, 0, 50]), filled([3], 0), [1, 1, 1], [0, 0, -20]),
      attrs: { activation: "relu" },
      expected: { y: tensor("i8", [3], [-20, -20, 30]) },
    },
    {
      name: "scales far apart: the small one still moves the sum",
      inputs: scaled(
        made([1, 2, 3, 7], (i) => ((i * 91) % 256) - 128),
        made([1, 2, 3, 7], (i) => ((i * 57) % 256) - 128),
        [3, 0.004, 2.5],
        [11, -128, -3],
      ),
    },
  ],
  random(r) {
    const shape = r.pick([
      [r.int(1, 2), r.int(1, 3), r.int(1, 3), r.pick(CHANNELS)],
      [r.int(1, 7), r.pick(CHANNELS)],
    ]);
    const scale = (): number => r.pick([1, 0.5, 2 ** r.uniform(-8, 3)]);
    const range = randomRange(r);
    const zeroPoints = [randomZeroPoint(r), randomZeroPoint(r), randomZeroPoint(r, range)] as const;
    const [sa, sb] = [scale(), scale()];
    const sy = Math.max(sa, sb) * r.pick([1, 2, 2 ** r.uniform(-1, 2)]);
    const inputs = scaled(randomI8(r, shape, -128), randomI8(r, shape, -128), [sa, sb, sy], zeroPoints);
    return { name: "random", inputs, attrs: { activation: r.pick(["none", "relu"]), ...range } };
  },
};
