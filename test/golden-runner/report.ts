/** The report as text: one line an op and backend, then what was refused and why, then what failed. */
import type { Line, Report } from "./runner.ts";

export function formatReport(report: Report): string {
  const out = table(report.lines);
  const total = (kind: "passed" | "failed" | "refused"): number => report.lines.reduce((a, l) => a + l[kind], 0);
  out.push("", `total: ${total("passed")} passed, ${total("failed")} failed, ${total("refused")} refused`);
  out.push(...section("refused cases (cases x backends)", report.refusals));
  out.push(...section("outputs left out of compared cases (outputs x backends)", report.outputRefusals));
  if (report.notes.length > 0) out.push("", "not compared:", ...report.notes.map((n) => `  ${n}`));
  if (report.failures.length > 0) out.push("", "failed:", ...report.failures.map((f) => `  ${f}`));
  if (report.broken.length > 0) out.push("", "topics that could not be read:", ...report.broken.map((b) => `  ${b}`));
  return out.join("\n");
}

function table(lines: readonly Line[]): string[] {
  const rows = [
    ["topic", "op", "backend", "passed", "failed", "refused"],
    ...lines.map((l) => [l.topic, l.op, l.backend, String(l.passed), String(l.failed), String(l.refused)]),
  ];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((r) => r[i]!.length)));
  return rows.map((r) => r.map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(" "));
}

function section(title: string, counts: ReadonlyMap<string, number>): string[] {
  if (counts.size === 0) return [];
  return ["", `${title}:`, ...[...counts].map(([reason, n]) => `  ${String(n).padStart(4)}  ${reason}`)];
}
