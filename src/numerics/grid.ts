/**
 * Grids that weights can lie on besides the integers: w = s * v, where v is one of a few levels, of both signs. A grid is
 * its table of levels; whatever quantizes to a grid knows nothing else of it.
 */
import { QuantizationError } from "../errors.ts";
import { reciprocal } from "./quantize.ts";
import { f32 } from "./rounding.ts";

export interface WeightGrid {
  /** Magnitudes, ascending from 0. The scale of a tensor is max |w| / the last one. */
  readonly levels: readonly number[];
  /** thresholds[i]: what is above it goes to levels[i + 1] or higher. */
  readonly thresholds: readonly number[];
}

/** Where two levels part: halfway between them, or between their logarithms (0 has none: halfway). */
export type Nearness = "linear" | "log";

const integers = (largest: number): readonly number[] => Array.from({ length: largest + 1 }, (_, v) => v);

/** Levels by name. floatsd4: 0 and powers of two, in 4 bits; a product with one is a shift. All fit int8 unchanged. */
export const weightLevels = {
  int8: integers(127),
  int4: integers(7),
  floatsd4: [0, 1, 2, 4, 8, 16, 32, 64],
} as const satisfies Readonly<Record<string, readonly number[]>>;

/**
 * A grid by its name, or of one's own levels.
 * @throws QuantizationError unless levels ascend from 0
 */
export function weightGrid(levels: keyof typeof weightLevels | readonly number[], nearness: Nearness = "linear"): WeightGrid {
  const table = typeof levels === "string" ? weightLevels[levels] : levels;
  if (table.length < 2 || table[0] !== 0 || !table.every((v, i) => Number.isFinite(v) && (i === 0 || v > table[i - 1]!)))
    throw new QuantizationError({
      code: "bad-levels",
      where: "weightGrid",
      problem: "these are no levels of a weight grid",
      expected: "two or more magnitudes, ascending from 0",
      got: `[${table.join(", ")}]`,
    });
  const parting = (low: number, high: number): number => f32(nearness === "log" && low > 0 ? Math.sqrt(low * high) : (low + high) / 2);
  return { levels: table, thresholds: table.slice(1).map((high, i) => parting(table[i]!, high)) };
}

/** The level nearest to x / s, with x's sign; on a threshold the lower one, 0 for NaN. Multiplies by f32(1 / s). */
export function nearestLevel(x: number, scale: number, { levels, thresholds }: WeightGrid): number {
  const t = f32(Math.abs(x) * reciprocal(scale));
  let i = 0;
  for (const threshold of thresholds) if (t > threshold) i++;
  return i === 0 ? 0 : Math.sign(x) * levels[i]!;
}
