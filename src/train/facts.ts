/** What a checkpoint was made with, as named texts: compared when training goes on, and shown when they differ. */
import { UsageError } from "../errors.ts";
import type { Graph } from "../graph/index.ts";
import { crc32 } from "./crc32.ts";
import type { Loss } from "./loss.ts";
import type { Optimizer, Schedule } from "./optimizer.ts";

export type Facts = ReadonlyMap<string, string>;

/** How far a training is, and how far it is known to go; undefined: nobody noted it, as in checkpoints of earlier versions. */
export interface Reach {
  readonly step: number;
  readonly planned: number | undefined;
}

/** All that decides what a step computes, but for the contents of states. */
export function factsOf(graph: Graph, { op, attrs }: Loss, { rule, lr }: Optimizer, output: string, reach: Reach): Facts {
  const constants = [...graph.constants].map(([name, t]) => {
    const { buffer, byteOffset, byteLength } = t.data;
    return `constant ${name}: CRC-32 ${crc32(new Uint8Array(buffer, byteOffset, byteLength)).toString(16)}`;
  });
  return new Map([
    ["net", [String(graph), ...constants].join("\n")],
    ["optimizer", `${rule.op.name} ${JSON.stringify(rule.attrs)} keeps ${Object.keys(rule.moments).join(", ") || "nothing"}`],
    ["learning rate", ratesOf(lr, reach)],
    ["loss", `${op.name} ${JSON.stringify(attrs)} of ${output}`],
  ]);
}

const PARTS = 10;
/** Rates that are looked at in each part. More of them, beyond 100,000 steps in all, are taken evenly. */
const MOST = 10_000;

/**
 * Tells schedules apart without knowing what they are made of: some rates to read, then check sums of all that are planned, as
 * f32, for so they reach the device.
 * @throws UsageError for a schedule that depends on more than the step
 */
function ratesOf(lr: number | Schedule, { step, planned }: Reach): string {
  const rate = typeof lr === "function" ? lr : (): number => lr;
  const around = [1, Math.max(1, step), ...(step === planned ? [] : [step + 1])];
  const read = (): string => around.map((s) => `step ${s}: ${rate(s)}`).join("\n");
  const before = read();
  const sums: string[] = [];
  const [all, size] = [planned ?? 0, Math.ceil((planned ?? 0) / PARTS)];
  for (let from = 1; from <= all; from += size) {
    const to = Math.min(all, from + size - 1);
    const every = Math.ceil((to - from + 1) / MOST);
    const rates = Float32Array.from({ length: Math.ceil((to - from + 1) / every) }, (_, i) => rate(from + i * every));
    sums.push(`steps ${from} to ${to}: CRC-32 ${crc32(new Uint8Array(rates.buffer)).toString(16)}`);
  }
  const after = read();
  if (after === before) return [before, ...sums].join("\n");
  throw new UsageError({
    code: "bad-schedule",
    where: "learning rate",
    problem: "the schedule gives another rate when it is asked for the same step again",
    expected: before,
    got: after,
    remedy: "Let it depend on the step alone: it is asked about any step, in any order, also ahead",
  });
}

/** @throws UsageError for the first fact that is not the checkpoint's, with the line in which they differ */
export function expectSame(saved: Facts, now: Facts): void {
  for (const name of new Set([...now.keys(), ...saved.keys()])) {
    const [then, here] = [saved.get(name) ?? "nothing", now.get(name) ?? "nothing"];
    if (then === here) continue;
    const [a, b] = [then.split("\n"), here.split("\n")];
    const line = a.findIndex((text, i) => text !== b[i]);
    // Where one text only goes on after the other's end, the longer one has the line.
    const at = line < 0 ? a.length : line;
    throw new UsageError({
      code: "checkpoint-mismatch",
      where: "resume",
      problem: `the checkpoint was made with another ${name}`,
      expected: a[at] ?? "nothing more",
      got: b[at] ?? "nothing more",
      remedy: "Resume with what the checkpoint was made with, or start without it from the states that it holds",
    });
  }
}
