/** Multipliers from scales, to the last bit: in exact fractions for the integer rules, in the order of f32 steps for the float ones. */
import { expect, it } from "vitest";
import { requantizeMultiplier, roundings } from "../../src/numerics/index.ts";
import { Random } from "../../src/numerics/random.ts";

const COUNT = 5000;
const scales = (r: Random): readonly [number, number, number] => [scale(r), scale(r), scale(r)];
const scale = (r: Random): number => Math.fround(2 ** r.uniform(-9, 1));

/** An f32 above 0 as a whole number times 2^-60. */
const whole = (v: number): bigint => BigInt(v * 2 ** 60);

/** x w / y as (Q, e), Q of 31 bits rounded half up, from the quotient of whole numbers. */
function exactly(x: number, w: number, y: number): { readonly multiplier: number; readonly exponent: number; readonly near: boolean } {
  const [above, below] = [whole(x) * whole(w), whole(y) << 60n];
  let exponent = 0;
  while (above >= below << BigInt(Math.max(0, exponent))) exponent++;
  while (above << BigInt(Math.max(0, 1 - exponent)) < below) exponent--;
  const shift = BigInt(31 - exponent);
  const [q, rest] = [(above << shift) / below, (above << shift) % below];
  // The quotient in f64 has 22 bits more than Q: it may lie on the other side of a half that is as near as that.
  const off = 2n * rest - below;
  const near = (off < 0n ? -off : off) << 18n < below;
  return { multiplier: Number(2n * rest >= below ? q + 1n : q), exponent, near };
}

it.each(roundings.filter((rule) => !rule.startsWith("float")))("%s: the nearest of 31 bits to x w / y", (rounding) => {
  const r = new Random(7);
  let compared = 0;
  for (let i = 0; i < COUNT; i++) {
    const [x, w, y] = scales(r);
    const { near, ...expected } = exactly(x, w, y);
    if (near || expected.multiplier === 2 ** 31) continue;
    compared++;
    expect(requantizeMultiplier(rounding, { x, w, y }), `${x} * ${w} / ${y}`).toEqual(expected);
  }
  expect(compared).toBeGreaterThan(0.99 * COUNT);
});

it.each(["float", "floatBias"] as const)("%s: f32(f32(x w) / y), which other orders of rounding are not", (rounding) => {
  const r = new Random(8);
  let differs = 0;
  for (let i = 0; i < COUNT; i++) {
    const [x, w, y] = scales(r);
    const expected = Math.fround(Math.fround(x * w) / y);
    const { multiplier, exponent } = requantizeMultiplier(rounding, { x, w, y });
    expect(multiplier * 2 ** (exponent - 31), `${x} * ${w} / ${y}`).toBe(expected);
    differs += Number(expected !== Math.fround((x * w) / y));
  }
  expect(differs).toBeGreaterThan(0.1 * COUNT);
});
