/**
 * Rounding. Products, sums and quotients of two f32 values are correctly rounded to f32 by rounding the f64 result: 53
 * bits are at least 2 * 24 + 2, where rounding twice is the same as rounding once (S. A. Figueroa, "When is Double
 * Rounding Innocuous?", 1995). So `f32(a * b)` is what an IEEE f32 unit computes.
 */
export const f32 = Math.fround;

/** The largest finite f32. */
export const MAX_F32 = 2 ** 128 - 2 ** 104;
/** Rounded to f32; what would become infinite becomes the largest finite value of its sign. */
export const finiteF32 = (x: number): number => clamp(f32(x), -MAX_F32, MAX_F32);

/** 1.5 * 2^52: adding it leaves no bits for a fraction, and the adder rounds half to even. */
const SHIFT = 6755399441055744;

/** Nearest whole number, ties to even; never -0 for a finite `x` below 2^51. NaN and infinities stay what they are. */
export const roundHalfEven = (x: number): number => (Math.abs(x) < 2251799813685248 ? x + SHIFT - SHIFT : x);

/** Nearest whole number, ties away from zero. (floor(x + 0.5) is wrong just below 0.5.) */
export function roundHalfAway(x: number): number {
  const t = Math.trunc(x);
  return Math.abs(x - t) >= 0.5 ? t + Math.sign(x) : t;
}

export const clamp = (x: number, low: number, high: number): number => (x < low ? low : x > high ? high : x);
