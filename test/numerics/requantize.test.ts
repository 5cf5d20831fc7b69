import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { QuantizationError } from "../../src/errors.ts";
import {
  floatMultiplier,
  quantizeMultiplier,
  requantize,
  requantizeFloat,
  requantizeFloatBias,
  requantizeTo,
  type IntegerRounding,
} from "../../src/numerics/index.ts";

const MIN = -(2n ** 31n);
const MAX = 2n ** 31n - 1n;
const saturate = (x: bigint): bigint => (x < MIN ? MIN : x > MAX ? MAX : x);
const abs = (x: bigint): bigint => (x < 0n ? -x : x);
const left = (acc: bigint, e: bigint): bigint => saturate(e > 0n ? acc << e : acc);
/** gemmlowp's two steps, as it writes them. */
const doublingHighMultiply = (a: bigint, b: bigint): bigint =>
  saturate((a * b + (a * b >= 0n ? 1n << 30n : 1n - (1n << 30n))) / (1n << 31n));
function divideByPowerOfTwo(x: bigint, n: bigint): bigint {
  const mask = (1n << n) - 1n;
  const threshold = (mask >> 1n) + (x < 0n ? 1n : 0n);
  return (x >> n) + ((x & mask) > threshold ? 1n : 0n);
}

/** The rules as the libraries write them, in exact integers. */
const rules: Readonly<Record<IntegerRounding, (acc: bigint, q: bigint, e: bigint) => bigint>> = {
  singleHalfUp: (acc, q, e) => saturate((acc * q + (1n << (30n - e))) >> (31n - e)),
  singleHalfAway: (acc, q, e) => saturate((acc < 0n ? -1n : 1n) * ((abs(acc * q) + (1n << (30n - e))) >> (31n - e))),
  doubleHalfAway: (acc, q, e) => divideByPowerOfTwo(doublingHighMultiply(left(acc, e), q), e < 0n ? -e : 0n),
  doubleHalfUp: (acc, q, e) => {
    const h = (left(acc, e) * q + (1n << 30n)) >> 31n;
    return e < 0n ? (h + (1n << (-e - 1n))) >> -e : h;
  },
};

const i32 = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.integer({ min: -70000, max: 70000 }),
  fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 0, 1, -1, 65536, -65536),
);
const multiplier = fc.oneof(fc.integer({ min: 2 ** 30, max: 2 ** 31 - 1 }), fc.constantFrom(0, 2 ** 30, 2 ** 31 - 1, 3 * 2 ** 29));
const exponent = fc.integer({ min: -31, max: 30 });

describe.each(Object.keys(rules) as IntegerRounding[])("%s", (rounding) => {
  it("is the rule in exact integers", () => {
    fc.assert(
      fc.property(i32, multiplier, exponent, (acc, q, e) => {
        expect(BigInt(requantize(acc, q, e, rounding))).toBe(rules[rounding](BigInt(acc), BigInt(q), BigInt(e)));
      }),
      { numRuns: 20000 },
    );
  });
  it("at every tie of a power of two", () => {
    for (let e = -31; e <= 30; e++)
      for (let k = -9; k <= 9; k++) {
        const acc = Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc((k + 0.5) * 2 ** (1 - e))));
        expect(BigInt(requantize(acc, 2 ** 30, e, rounding))).toBe(rules[rounding](BigInt(acc), 2n ** 30n, BigInt(e)));
      }
  });
});

describe("requantize", () => {
  it("tells the rules apart: 63 / 128 is 0 once and 1 twice rounded, -0.5 goes up or away", () => {
    const all = (acc: number, q: number, e: number): number[] =>
      (Object.keys(rules) as IntegerRounding[]).map((r) => requantize(acc, q, e, r));
    expect(all(63, 2 ** 30, -6)).toEqual([0, 0, 1, 1]);
    expect(all(-1, 2 ** 30, 0)).toEqual([0, -1, 0, 0]);
  });
  it("never gives -0", () => expect(Object.is(requantize(-1, 2 ** 30, -5, "singleHalfAway"), 0)).toBe(true));
  it("saturates before the zero point is added", () => {
    const output = { zeroPoint: -128, quantMin: -128, quantMax: 127 };
    expect(requantizeTo(2 ** 31 - 1, { multiplier: 2 ** 31 - 1, exponent: 30 }, output)).toBe(127);
    expect(requantizeTo(-(2 ** 31), { multiplier: 2 ** 31 - 1, exponent: 30 }, output)).toBe(-128);
  });
  it("floatBias adds the bias before it multiplies, float has it in the accumulator", () => {
    const m = floatMultiplier(0.5, 0.25, 0.5);
    expect([10, 14, -10].map((acc) => requantizeFloat(acc, m))).toEqual([2, 4, -2]);
    expect(requantizeFloatBias(8, m, 0.3125, 0.125)).toBe(3);
    expect(requantizeFloat(2 ** 24 + 1, 1)).toBe(2 ** 24);
  });
});

describe("quantizeMultiplier", () => {
  it("is within half a unit of the 31st bit, and normalized", () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -31, max: 2 ** 29, noNaN: true }), (real) => {
        const { multiplier: q, exponent: e } = quantizeMultiplier(real);
        return q >= 2 ** 30 && q < 2 ** 31 && e >= -31 && e <= 30 && Math.abs(q * 2 ** (e - 31) - real) <= 2 ** (e - 32);
      }),
      { numRuns: 5000 },
    );
  });
  it("powers of two and their neighbours, where log2 is off by one", () => {
    for (let e = -31; e < 30; e++) {
      expect(quantizeMultiplier(2 ** e)).toEqual({ multiplier: 2 ** 30, exponent: e + 1 });
      // The next f64 below rounds up to 2^31, which carries into the exponent.
      expect(quantizeMultiplier(2 ** e * (1 - 2 ** -53))).toEqual({ multiplier: 2 ** 30, exponent: e + 1 });
      expect(quantizeMultiplier(2 ** e * (1 - 2 ** -31))).toEqual({ multiplier: 2 ** 31 - 1, exponent: e });
    }
  });
  it("0 and what is below 2^-32 give 0, huge ones saturate", () => {
    expect([0, 2 ** -33, 5e-324].map((x) => quantizeMultiplier(x).multiplier)).toEqual([0, 0, 0]);
    expect(quantizeMultiplier(2 ** -32)).toEqual({ multiplier: 2 ** 30, exponent: -31 });
    expect([2 ** 30, 1e300].map((x) => quantizeMultiplier(x))).toEqual([
      { multiplier: 2 ** 31 - 1, exponent: 30 },
      { multiplier: 2 ** 31 - 1, exponent: 30 },
    ]);
  });
  it("refuses what is no ratio of scales, naming the node", () => {
    for (const bad of [NaN, Infinity, -1]) expect(() => quantizeMultiplier(bad, 'qconv2d "conv1"')).toThrow(QuantizationError);
    expect(() => quantizeMultiplier(NaN, 'qconv2d "conv1"')).toThrow(/conv1/);
  });
});
