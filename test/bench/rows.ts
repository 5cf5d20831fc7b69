/** What a benchmark says: rows, as a table and as JSON. */
import type { Timing } from "./measure.ts";

export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly timing?: Timing;
  /** What the value must reach: at least, or at most where less is better. */
  readonly bar?: { readonly atLeast: number } | { readonly atMost: number };
  readonly note?: string;
}

export interface Section {
  /** Where it ran: `Node`, `Chromium`. */
  readonly where: string;
  readonly adapter: string;
  readonly rows: readonly Row[];
}

export function meetsBar({ value, bar }: Row): boolean {
  if (!bar) return true;
  return "atLeast" in bar ? value >= bar.atLeast : value <= bar.atMost;
}

/** Three significant digits, no exponent. */
export function short(x: number): string {
  if (!Number.isFinite(x)) return String(x);
  if (Math.abs(x) >= 100) return x.toFixed(0);
  return x.toPrecision(3);
}

function spread({ timing }: Row): string {
  if (!timing) return "";
  const { median, best, worst, samples, repeats } = timing;
  return `${short(median)} ms (${short(best)} .. ${short(worst)}, ${samples} x ${repeats})`;
}

function barOf(row: Row): string {
  if (!row.bar) return "";
  const bound = "atLeast" in row.bar ? `>= ${row.bar.atLeast}` : `<= ${row.bar.atMost}`;
  return `${bound} ${meetsBar(row) ? "met" : "MISSED"}`;
}

export function formatSection({ where, adapter, rows }: Section): string {
  const cells = rows.map((r) => [r.name, short(r.value), r.unit, barOf(r), spread(r), r.note ?? ""]);
  const table = [["what", "value", "", "bar", "one run: median (best .. worst, samples x repeats)", ""], ...cells];
  const widths = table[0]!.map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, i) => (i === 1 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
  return [`${where}, ${adapter}`, ...lines].join("\n");
}
