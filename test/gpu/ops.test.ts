/// <reference types="vite/client" />
/** Random cases of every op that computes with bytes in a real browser; 10 of each, 100 with DOT4_FUZZ=1. */
import { afterAll, expect, test } from "vitest";
import { ops } from "../../src/ops/index.ts";
import { isCases, takesBytes } from "../support/integers.ts";
import { closeChromium, inChromium } from "./chromium.ts";
import type { Report } from "./ops.page.ts";

const modules = import.meta.glob<Record<string, unknown>>("../ops/*.cases.ts", { eager: true });
const isFuzz = Number(process.env["DOT4_FUZZ"] ?? 0) > 0;
const TIMEOUT = 1_800_000;

afterAll(closeChromium);

test(
  "integer ops in Chromium give the bits of the reference",
  async () => {
    const count = isFuzz ? 100 : 10;
    const { cases, failures } = await inChromium<Report>("test/gpu/ops.page.ts", { count, every: isFuzz }, { timeout: TIMEOUT });
    expect(failures).toEqual([]);
    const suites = Object.values(modules).flatMap((m) => Object.values(m).filter(isCases));
    const integers = suites.filter(takesBytes).map((s) => s.op.name);
    expect(cases).toEqual(Object.fromEntries(integers.map((name) => [name, count])));
    const named = Object.keys(ops).filter((name) => name.startsWith("q") || name === "requantize" || name === "packWeight");
    expect(integers).toEqual(expect.arrayContaining(named));
  },
  TIMEOUT,
);
