import { UsageError, type KnownCode } from "../errors.ts";

/** @throws UsageError unless `value` is a whole number from `least` up */
export function expectWhole(where: string, code: KnownCode, name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new UsageError({
      code,
      where,
      problem: `${name} must be a whole number`,
      expected: `at least ${least}`,
      got: String(value),
    });
}
