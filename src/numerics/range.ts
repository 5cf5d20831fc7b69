/** The integers that a quantized value may take. */
import { QuantizationError } from "../errors.ts";

export interface QuantRange {
  readonly quantMin: number;
  readonly quantMax: number;
}

/**
 * The range of `bits` bits: -2^(bits-1) .. 2^(bits-1) - 1, unsigned 0 .. 2^bits - 1. `narrow` leaves out the lowest signed
 * value, so that the range is symmetric about 0 (weights).
 * @throws QuantizationError unless bits is 2 .. 8 (8 is what the containers i8 and u8 hold).
 */
export function quantRange(bits: number, options: { readonly signed: boolean; readonly narrow?: boolean }): QuantRange {
  if (!Number.isInteger(bits) || bits < 2 || bits > 8)
    throw new QuantizationError({
      code: "bad-bits",
      where: "quantRange",
      problem: "bit width out of range",
      expected: "a whole number from 2 to 8",
      got: String(bits),
    });
  if (!options.signed) return { quantMin: 0, quantMax: 2 ** bits - 1 };
  const half = 2 ** (bits - 1);
  return { quantMin: options.narrow ? 1 - half : -half, quantMax: half - 1 };
}

/** Weights of `bits` bits: symmetric about 0, -127 .. 127 for 8. */
export const weightRange = (bits: number): QuantRange => quantRange(bits, { signed: true, narrow: true });

/** @throws QuantizationError unless the range is whole, holds more than one value and fits i8 or u8. */
export function expectRange(where: string, { quantMin, quantMax }: QuantRange): void {
  const whole = Number.isInteger(quantMin) && Number.isInteger(quantMax);
  if (!whole || quantMin >= quantMax || quantMin < -128 || quantMax > (quantMin < 0 ? 127 : 255))
    throw new QuantizationError({
      code: "bad-quant-range",
      where,
      problem: "not a range of 8-bit integers",
      expected: "whole numbers quantMin < quantMax within -128..127 or 0..255",
      got: `${quantMin}..${quantMax}`,
    });
}
