import { chooseQparams } from "../../src/ops/chooseQparams.ts";
import type { Random } from "../../src/numerics/random.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { anyFloat, floats, ints, ranges } from "../support/quantizer-cases.ts";

const i8 = { quantMin: -128, quantMax: 127 };
const u8 = { quantMin: 0, quantMax: 255 };
const at = (min: readonly number[], max: readonly number[]) => ({ min: floats([min.length], min), max: floats([max.length], max) });
const out = (scale: readonly number[], zeroPoint: readonly number[]) => ({
  scale: floats([scale.length], scale),
  zeroPoint: ints([zeroPoint.length], zeroPoint),
});

export const chooseQparamsCases: OpCases = {
  op: chooseQparams,
  cases: [
    { name: "affine: the zero point is rounded, not truncated", inputs: at([-1], [2]), attrs: u8, expected: out([3 / 255], [85]) },
    { name: "one-sided ranges are widened to 0", inputs: at([1, -3], [2, -1]), attrs: u8, expected: out([2 / 255, 3 / 255], [0, 255]) },
    { name: "never observed gives 1 and 0", inputs: at([Infinity], [-Infinity]), attrs: i8, expected: out([1], [0]) },
    {
      name: "constant 0: the smallest scale, not 0",
      inputs: at([0, -0], [0, -0]),
      attrs: i8,
      expected: out([2 ** -23, 2 ** -23], [-128, -128]),
    },
    {
      name: "a constant: its distance from 0 is the range",
      inputs: at([5, -5], [5, -5]),
      attrs: i8,
      expected: out([5 / 255, 5 / 255], [-128, 127]),
    },
    { name: "a tiny range meets the floor", inputs: at([-1e-30], [1e-7]), attrs: i8, expected: out([2 ** -23], [-128]) },
    { name: "subnormal ends", inputs: at([-1e-45, -1e-39], [1e-45, 1e-40]), attrs: i8 },
    {
      name: "symmetric over -128..127 divides by 127.5",
      inputs: at([-255, -1], [3, 127.5]),
      attrs: { ...i8, symmetric: true },
      expected: out([2, 1], [0, 0]),
    },
    {
      name: "symmetric weights divide by 127",
      inputs: at([-127], [3]),
      attrs: { quantMin: -127, quantMax: 127, symmetric: true },
      expected: out([1], [0]),
    },
    {
      name: "symmetric unsigned has its zero point at 128",
      inputs: at([-1], [3]),
      attrs: { ...u8, symmetric: true },
      expected: out([3 / 127.5], [128]),
    },
    {
      name: "symmetric, another unsigned range",
      inputs: at([-1], [3]),
      attrs: { quantMin: 0, quantMax: 127, symmetric: true },
      expected: out([3 / 63.5], [63]),
    },
    {
      name: "an infinite or overflowing range gives a finite scale",
      inputs: at([-3.4e38, -Infinity, 0], [3.4e38, 1, Infinity]),
      attrs: i8,
      expected: out([3.4028234663852886e38 / 255, 3.4028234663852886e38 / 255, 3.4028234663852886e38 / 255], [127, 127, -128]),
    },
    { name: "NaN counts as never observed", inputs: at([NaN, 0], [1, NaN]), attrs: i8, expected: out([1, 1], [0, 0]) },
    {
      name: "fbgemm: symmetric over -128..127 divides by 128 below and by 127 above, one-sided ranges stay affine",
      inputs: at([-128, -1, 0, -2], [3, 127, 255, -1]),
      attrs: { ...i8, symmetric: true, formula: "fbgemm" },
      expected: out([1, 1, 1, Math.fround(2 / 255)], [0, 0, -128, 127]),
    },
    {
      name: "fbgemm: the middle of an unsigned range is rounded half to even",
      inputs: at([-1], [1]),
      attrs: { quantMin: 0, quantMax: 127, symmetric: true, formula: "fbgemm" },
      expected: out([Math.fround((64 / 63 + 1) / 127)], [64]),
    },
    {
      name: "fbgemm: a scale below 6.1e-5 is raised to it, the zero point is that of the range",
      inputs: at([-0.001, 0, -1e-30], [0.002, 1e-7, 3e-30]),
      attrs: { ...u8, formula: "fbgemm" },
      expected: out([6.1e-5, 6.1e-5, 6.1e-5], [85, 0, 64]),
    },
    {
      name: "fbgemm: a range without a reciprocal gets 0.1",
      inputs: at([0, -1e-45, 0], [0, 0, 2 ** -121]),
      attrs: { ...i8, formula: "fbgemm" },
      expected: out([0.1, 0.1, 0.1], [127, 127, 127]),
    },
    {
      name: "fbgemm: the zero point is rounded at the end with the smaller error, to even",
      // s = 1: 127.5 is a tie from both ends; -127 + 2.5 too.
      inputs: at([-127.5, -2.5], [127.5, 251.5]),
      attrs: { ...u8, formula: "fbgemm" },
    },
    {
      name: "fbgemm: sums whose parts are far apart, and beyond f32",
      inputs: at([-1e-30, -1, -3.4e38, -Infinity, -(1 + 2 ** -23)], [1, 2 ** -40, 3.4e38, 1, 2 ** 30]),
      attrs: { ...i8, formula: "fbgemm" },
    },
    { name: "seven channels at once", inputs: at([-1, -2, -3, -4, -5, -6, -7], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]), attrs: i8 },
  ],

  random(r: Random): OpCase {
    const channels = r.int(1, 70);
    const value = r.pick([() => r.normal(), () => r.normal() * 2 ** -22, () => anyFloat(r), () => r.normal() * 1e4]);
    const pairs = Array.from({ length: channels }, () => [Math.fround(value()), Math.fround(value())].sort((a, b) => a - b));
    return {
      name: "random",
      inputs: at(
        pairs.map((p) => p[0]!),
        pairs.map((p) => p[1]!),
      ),
      attrs: { ...r.pick(ranges), symmetric: r.int(0, 1) === 1, formula: r.pick(["pytorch", "fbgemm"]) },
    };
  },
};
