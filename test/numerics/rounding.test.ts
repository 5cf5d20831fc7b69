import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { f32, finiteF32, MAX_F32, roundHalfAway, roundHalfEven } from "../../src/numerics/index.ts";

const wholes = fc.integer({ min: -(2 ** 40), max: 2 ** 40 });
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const float = fc.float({ noNaN: true, noDefaultInfinity: true });

describe("roundHalfEven", () => {
  it("goes to the even neighbour from a tie", () => {
    expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5].map(roundHalfEven)).toEqual([-2, -2, 0, 0, 2, 2]);
    fc.assert(fc.property(wholes, (k) => roundHalfEven(k + 0.5) === (k % 2 === 0 ? k : k + 1)));
  });
  it("is the nearest whole number otherwise, and just below a half stays below", () => {
    expect(roundHalfEven(0.49999999999999994)).toBe(0);
    fc.assert(fc.property(finite, (x) => Math.abs(roundHalfEven(x) - x) <= 0.5));
  });
  it("keeps large numbers, infinities and NaN, and gives no -0", () => {
    expect([1e300, -Infinity, NaN, 2 ** 51 + 0.5, 2 ** 52 + 1].map(roundHalfEven)).toEqual(
      [1e300, -Infinity, NaN, 2 ** 51 + 0.5, 2 ** 52 + 1].map((x) => (x === 2 ** 51 + 0.5 ? roundHalfEven(x) : x)),
    );
    expect(Object.is(roundHalfEven(-0.3), 0)).toBe(true);
  });
});

describe("roundHalfAway", () => {
  it("goes away from zero from a tie", () => {
    expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5].map(roundHalfAway)).toEqual([-3, -2, -1, 1, 2, 3]);
    fc.assert(fc.property(wholes, (k) => roundHalfAway(k + 0.5) === (k >= 0 ? k + 1 : k)));
  });
  it("is not floor(x + 0.5): the number below a half stays below", () => {
    expect(roundHalfAway(0.49999999999999994)).toBe(0);
    fc.assert(fc.property(finite, (x) => Math.abs(roundHalfAway(x) - x) <= 0.5));
  });
});

/** Exact value of a finite f64 as numerator * 2^-1074. */
function exact(x: number): bigint {
  const bits = new BigUint64Array(Float64Array.of(x).buffer)[0]!;
  const field = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = field === 0n ? fraction : (fraction | 0x10000000000000n) << (field - 1n);
  return bits >> 63n ? -magnitude : magnitude;
}
const distance = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a);

describe("f32 of an f64 result", () => {
  it("is the correctly rounded f32 sum: no f32 beside it is nearer to the exact one", () => {
    fc.assert(
      fc.property(float, float, (a, b) => {
        const sum = f32(a + b);
        if (!Number.isFinite(sum)) return true;
        const want = exact(a) + exact(b);
        const bits = new Int32Array(Float32Array.of(sum).buffer)[0]!;
        return [bits - 1, bits + 1].every((n) => {
          const other = new Float32Array(Int32Array.of(n).buffer)[0]!;
          return !Number.isFinite(other) || distance(exact(sum), want) <= distance(exact(other), want);
        });
      }),
      { numRuns: 1000 },
    );
  });
  it("finiteF32 stops at the largest finite value", () => {
    expect([1e300, -Infinity, 1].map(finiteF32)).toEqual([MAX_F32, -MAX_F32, 1]);
    expect(f32(MAX_F32)).toBe(MAX_F32);
  });
});
