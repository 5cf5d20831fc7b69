import { wideBinary } from "../../src/ops/wideBinary.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { besideWide, f64, f64s, LEAST_NORMAL, MOST, randomWide, SMALLEST, stepped, u64, u64s } from "../support/wide.ts";

type Operation = "add" | "sub" | "mul" | "div";
const real = (name: string, operation: Operation, a: Tensor, b: Tensor, y: Tensor): OpCase => ({
  name: `f64 ${operation}: ${name}`,
  inputs: { a, b },
  attrs: { type: "f64", operation },
  expected: { y },
});
const whole = (name: string, operation: Operation, a: Tensor, b: Tensor, y: Tensor): OpCase => ({
  name: `u64 ${operation}: ${name}`,
  inputs: { a, b },
  attrs: { type: "u64", operation },
  expected: { y },
});
const ALL = 2n ** 64n - 1n;

export const wideBinaryCases: OpCases = {
  op: wideBinary,
  cases: [
    real("what f32 cannot hold", "add", f64(0.1, 1e300, 2 ** 53), f64(0.2, 1e284, 2), f64(0.30000000000000004, 1e300 + 1e284, 2 ** 53 + 2)),
    real(
      "ties go to even, up and down, a little more or less does not",
      "add",
      f64(2 ** 53, 2 ** 53 + 2, 2 ** 53, 2 ** 53, -(2 ** 53)),
      f64(1, 1, 1 + 2 ** -52, 1 - 2 ** -53, -1),
      f64(2 ** 53, 2 ** 53 + 4, 2 ** 53 + 2, 2 ** 53, -(2 ** 53)),
    ),
    real(
      "far apart: the smaller one only decides a tie, or nothing",
      "sub",
      f64(1, 2 ** 53, 1e300, SMALLEST, 1 + 2 ** -52),
      f64(SMALLEST, 1 + 2 ** -40, 1e-300, 1e300, 2 ** -53 + 2 ** -100),
      f64(1, 2 ** 53 - 1, 1e300, -1e300, 1),
    ),
    real(
      "leading bits cancel, the last one of 1.0 is half a unit below it",
      "sub",
      f64(1, 1.5, stepped(1, 1), 1, 2 ** 54),
      f64(stepped(1, -1), 1.5 - 2 ** -52, 1, 2 ** -54, 1),
      f64(2 ** -53, 2 ** -52, 2 ** -52, 1, 2 ** 54),
    ),
    real("signs of zero", "add", f64(0, -0, 0, -0, 5, -5), f64(0, -0, -0, 0, -5, 5), f64(0, -0, 0, 0, 0, 0)),
    real("signs of zero", "sub", f64(0, -0, 0, -0), f64(0, -0, -0, 0), f64(0, 0, 0, -0)),
    real(
      "subnormals, and out of them and into them",
      "add",
      f64(SMALLEST, stepped(LEAST_NORMAL, -1), LEAST_NORMAL, LEAST_NORMAL),
      f64(SMALLEST, SMALLEST, -SMALLEST, -1.5 * LEAST_NORMAL),
      f64(2 * SMALLEST, LEAST_NORMAL, stepped(LEAST_NORMAL, -1), -LEAST_NORMAL / 2),
    ),
    real(
      "beyond the largest number: half a unit is infinite, less is not",
      "add",
      f64(MOST, MOST, MOST, -MOST),
      f64(2 ** 970, stepped(2 ** 970, -1), MOST, -MOST),
      f64(Infinity, MOST, Infinity, -Infinity),
    ),
    real(
      "infinities and NaN",
      "add",
      f64(Infinity, Infinity, -Infinity, -MOST, NaN, 1, -Infinity),
      f64(-Infinity, -MOST, 5, Infinity, 1, NaN, -Infinity),
      f64(NaN, Infinity, -Infinity, Infinity, NaN, NaN, -Infinity),
    ),
    {
      name: "f64 sub: every NaN becomes the same one, whatever its sign and payload",
      inputs: { a: u64(0xfff8000000000000n, 0x7ff0000000000001n, 1n), b: u64(0n, 0n, 0xffffffffffffffffn) },
      attrs: { type: "f64", operation: "sub" },
      expected: { y: u64(0x7ff8000000000000n, 0x7ff8000000000000n, 0x7ff8000000000000n) },
    },
    real(
      "all 106 bits of a product decide how it is rounded",
      "mul",
      f64(0.1, 1 + 2 ** -52, 1 + 2 ** -27, -3, stepped(1, -1)),
      f64(0.1, 1 + 2 ** -52, 1 + 2 ** -26, 1 / 3, stepped(1, -1)),
      f64(0.010000000000000002, 1 + 2 ** -51, 1 + 2 ** -26 + 2 ** -27, -1, stepped(1, -2)),
    ),
    real(
      "a little more than a tie, by bits of the product that no word of the result holds",
      "mul",
      f64(1 + 2 ** -38, -1 - 2 ** -38),
      f64(1 + 32769 * 2 ** -30, 1 + 32777 * 2 ** -30),
      f64(1.0000305185130858, -1.0000305259636664),
    ),
    real(
      "products among subnormals, and too small for any",
      "mul",
      f64(SMALLEST, SMALLEST, LEAST_NORMAL, 2 ** -538, 2 ** -537, 1.5 * SMALLEST, SMALLEST),
      f64(0.5, 0.75, stepped(1, -1), 2 ** -537, -(2 ** -537), 0.5, -(2 ** 1000)),
      f64(0, SMALLEST, LEAST_NORMAL, 0, -SMALLEST, SMALLEST, -(2 ** -74)),
    ),
    real(
      "zeros, infinities, too large",
      "mul",
      f64(0, Infinity, -Infinity, -0, 2 ** 1000, MOST, NaN, Infinity),
      f64(Infinity, -0, -3, 5, -(2 ** 1000), 1 + 2 ** -52, 0, -Infinity),
      f64(NaN, NaN, Infinity, -0, -Infinity, Infinity, NaN, -Infinity),
    ),
    real(
      "quotients are rounded, also where they end far behind",
      "div",
      f64(1, 2, 1, 10, 1, stepped(1, 1), 7),
      f64(3, 3, 10, -5, 49, stepped(1, -1), 1),
      f64(1 / 3, 2 / 3, 0.1, -2, 1 / 49, stepped(1, 2), 7),
    ),
    real(
      "a little more than a tie, by what is left after 64 bits of the quotient",
      "div",
      f64(1 + 2542 * 2 ** -12, 1 + 316 * 2 ** -12),
      f64(1 + 10734 * 2 ** -26, 1 + 16700 * 2 ** -26),
      f64(1.620346295876206, 1.0768804564532226),
    ),
    real(
      "zeros, infinities, subnormals, too large",
      "div",
      f64(0, 1, -1, Infinity, 5, SMALLEST, SMALLEST, LEAST_NORMAL, MOST, 0),
      f64(0, 0, 0, Infinity, -Infinity, 2, SMALLEST, 4, 0.5, -7),
      f64(NaN, Infinity, -Infinity, NaN, -0, 0, 1, LEAST_NORMAL / 4, Infinity, -0),
    ),
    whole(
      "a carry across the words, and out of them",
      "add",
      u64(2n ** 32n - 1n, ALL, 2n ** 63n),
      u64(1n, 1n, 2n ** 63n),
      u64(2n ** 32n, 0n, 0n),
    ),
    whole(
      "a borrow across the words, and below 0",
      "sub",
      u64(2n ** 32n, 0n, 2n ** 63n),
      u64(1n, 1n, 2n ** 32n),
      u64(2n ** 32n - 1n, ALL, 2n ** 63n - 2n ** 32n),
    ),
    whole(
      "products keep their lowest 64 bits, with carries out of every part",
      "mul",
      u64(2n ** 32n - 1n, ALL, 0x123456789abcdefn, 2n ** 32n),
      u64(2n ** 32n - 1n, ALL, 0xfedcba987654321n, 2n ** 32n + 1n),
      u64(0xfffffffe00000001n, 1n, BigInt.asUintN(64, 0x123456789abcdefn * 0xfedcba987654321n), 2n ** 32n),
    ),
    whole(
      "quotients are cut off; divisors beyond 2^63; by 0 what there was",
      "div",
      u64(ALL, ALL, ALL, ALL - 1n, 7n, 10n ** 19n, 5n, 0n),
      u64(2n, ALL, 2n ** 63n + 1n, ALL, 2n ** 32n, 10n ** 9n, 0n, 0n),
      u64(2n ** 63n - 1n, 1n, 1n, 0n, 0n, 10n ** 10n, 5n, 0n),
    ),
    {
      name: "a column and a row, of 5 and 3",
      inputs: { a: f64s([5, 1], [1, 2, 3, 4, 5]), b: f64s([1, 3], [10, 20, 30]) },
      attrs: { type: "f64", operation: "sub" },
      expected: { y: f64s([5, 3], [-9, -19, -29, -8, -18, -28, -7, -17, -27, -6, -16, -26, -5, -15, -25]) },
    },
    {
      name: "two numbers in a trailing axis of 2 are not two words",
      inputs: { a: u64s([2, 2], [1n, 2n, 3n, 4n]), b: u64s([2], [10n, 20n]) },
      attrs: { type: "u64", operation: "mul" },
      expected: { y: u64s([2, 2], [10n, 40n, 30n, 80n]) },
    },
    {
      name: "single numbers without axes",
      inputs: { a: f64s([], [6]), b: f64s([], [7.5]) },
      attrs: { type: "f64", operation: "mul" },
      expected: { y: f64s([], [45]) },
    },
    { name: "nothing", inputs: { a: f64s([3, 0], []), b: f64s([], [1]) }, attrs: { type: "f64", operation: "add" } },
  ],
  random(r) {
    const type = r.pick(["f64", "u64"] as const);
    const attrs = { type, operation: r.pick(["add", "add", "sub", "mul", "div"]) };
    const shape = Array.from({ length: r.int(0, 6) }, () => r.int(1, 5));
    const side = (): number[] => shape.map((d) => (r.int(0, 2) === 0 ? 1 : d)).slice(r.int(0, 1));
    if (r.int(0, 3) === 0) return { name: "random", inputs: { a: randomWide(r, type, side()), b: randomWide(r, type, side()) }, attrs };
    const a = randomWide(r, type, shape);
    const b = besideWide(r, type, a);
    return { name: "random", inputs: r.pick([true, false]) ? { a, b } : { a: b, b: a }, attrs };
  },
};
