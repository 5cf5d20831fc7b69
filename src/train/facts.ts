/** What a checkpoint was made with, as named texts: compared when training goes on, and shown when they differ. */
import { UsageError } from "../errors.ts";
import type { Graph } from "../graph/index.ts";
import { crc32 } from "./crc32.ts";
import type { Loss } from "./loss.ts";
import type { Optimizer } from "./optimizer.ts";

export type Facts = ReadonlyMap<string, string>;

/** All that decides what a step computes, but for the contents of states. */
export function factsOf(graph: Graph, { op, attrs }: Loss, { rule, lr }: Optimizer, output: string, step: number): Facts {
  const constants = [...graph.constants].map(([name, t]) => {
    const { buffer, byteOffset, byteLength } = t.data;
    return `constant ${name}: CRC-32 ${crc32(new Uint8Array(buffer, byteOffset, byteLength)).toString(16)}`;
  });
  // The first rate and those around the step tell schedules apart without knowing what they are made of. Steps count from 1.
  const rates = [1, Math.max(1, step), step + 1].map((s) => `step ${s}: ${typeof lr === "function" ? lr(s) : lr}`);
  return new Map([
    ["net", [String(graph), ...constants].join("\n")],
    ["optimizer", `${rule.op.name} ${JSON.stringify(rule.attrs)} keeps ${Object.keys(rule.moments).join(", ") || "nothing"}`],
    ["learning rate", rates.join("\n")],
    ["loss", `${op.name} ${JSON.stringify(attrs)} of ${output}`],
  ]);
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
