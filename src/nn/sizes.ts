/** Sizes as people write them, and their checks: what cannot be is said where the layer is written. */
import { UsageError } from "../errors.ts";

/** One number for both axes, or [height, width]. */
export type Pair = number | readonly [number, number];
/** One number for all sides, [height, width], or [top, bottom, left, right]. */
export type Padding = Pair | readonly [number, number, number, number];

export const pair = (p: Pair): readonly number[] => (typeof p === "number" ? [p, p] : p);

const isList = (v: unknown, length: number): boolean => Array.isArray(v) && v.length === length;

export function sides(p: Padding): readonly number[] {
  if (typeof p === "number") return [p, p, p, p];
  return isList(p, 2) ? [p[0]!, p[0]!, p[1]!, p[1]!] : p;
}

export function refuse(layer: string, problem: string, expected: string, got: unknown): never {
  throw new UsageError({ code: "bad-size", where: layer, problem, expected, got: JSON.stringify(got) ?? String(got) });
}

/** @throws UsageError unless all are whole numbers from `min`. */
export function expectSizes(layer: string, sizes: Readonly<Record<string, readonly number[]>>, min: number): void {
  for (const [what, values] of Object.entries(sizes))
    for (const value of values)
      if (!Number.isSafeInteger(value) || value < min)
        refuse(layer, `${what} must be a whole number`, `at least ${min}`, Number.isNaN(value) ? "NaN" : value);
}

export interface WindowSizes {
  readonly kernel?: Pair;
  readonly stride?: Pair;
  readonly dilation?: Pair;
  readonly padding?: Padding;
}

/** The same as attributes of an op. @throws UsageError for what is no window */
export function windowAttrs<W extends WindowSizes>(layer: string, window: W): { readonly [K in keyof W]: readonly number[] } {
  const { padding, ...pairs } = window;
  for (const [what, p] of Object.entries(pairs)) {
    if (!isList(pair(p), 2)) refuse(layer, `${what} must be one number or two`, "a number or [height, width]", p);
    expectSizes(layer, { [what]: pair(p) }, 1);
  }
  const attrs = Object.fromEntries(Object.entries(pairs).map(([what, p]) => [what, pair(p)]));
  if (padding !== undefined) {
    if (!isList(sides(padding), 4))
      refuse(layer, "padding must be one, two or four numbers", "a number, [height, width] or [top, bottom, left, right]", padding);
    expectSizes(layer, { padding: sides(padding) }, 0);
    attrs.padding = sides(padding);
  }
  return attrs as { readonly [K in keyof W]: readonly number[] };
}

export function expectFlag(layer: string, name: string, value: unknown): void {
  if (typeof value !== "boolean") refuse(layer, `${name} must be true or false`, "a boolean", value);
}
