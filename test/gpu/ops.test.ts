/** Random cases of every integer op in a real browser; 10 of each, 100 with DOT4_FUZZ=1. */
import { afterAll, expect, test } from "vitest";
import { ops } from "../../src/ops/index.ts";
import { closeChromium, inChromium } from "./chromium.ts";
import type { Report } from "./ops.page.ts";

const isFuzz = Number(process.env["DOT4_FUZZ"] ?? 0) > 0;
const TIMEOUT = 1_800_000;

afterAll(closeChromium);

test(
  "integer ops in Chromium give the bits of the reference",
  async () => {
    const count = isFuzz ? 100 : 10;
    const { cases, failures } = await inChromium<Report>("test/gpu/ops.page.ts", { count, every: isFuzz }, { timeout: TIMEOUT });
    expect(failures).toEqual([]);
    const integers = Object.keys(ops).filter((name) => name.startsWith("q") || name === "requantize" || name === "packWeight");
    expect(cases).toEqual(Object.fromEntries(integers.map((name) => [name, count])));
  },
  TIMEOUT,
);
