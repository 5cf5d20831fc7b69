/** Checkpoints in the database of a real browser. */
import { afterAll, expect, it } from "vitest";
import { Random } from "../../src/numerics/random.ts";
import { closeChromium, inChromium } from "../gpu/chromium.ts";

afterAll(closeChromium);
const entry = "test/train/checkpoint.page.ts";

it("IndexedDB saves, replaces, keeps the good one, refuses the damaged one", async () => {
  expect(await inChromium(entry, { what: "check", count: 1000 })).toEqual({
    alien: "database",
    version: 1,
    empty: true,
    apart: true,
    refused: "truncated",
    kept: 2,
    full: "database",
    keptStill: 2,
    corrupt: "corrupt",
    foreign: "not-a-checkpoint",
    cleared: true,
  });
});

it("a page closed while it saves leaves the old checkpoint or the new one, whole", { timeout: 240_000 }, async () => {
  const r = new Random(2);
  for (let i = 0; i < (process.env["DOT4_FUZZ"] ? 40 : 5); i++) {
    // The page is closed as soon as it answers, at work on the next save.
    const counted = await inChromium<number>(entry, { what: "save", count: 300_000, after: r.int(0, 60) });
    const { step, whole } = await inChromium<{ step: number; whole: boolean }>(entry, { what: "load", count: 0 });
    expect(whole).toBe(true);
    // Never older than what counted.
    expect(step).toBeGreaterThanOrEqual(counted);
  }
});
