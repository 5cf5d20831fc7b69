/** The backend in a real browser, under a strict page policy. */
import { afterAll, expect, test } from "vitest";
import { closeChromium, inChromium } from "../gpu/chromium.ts";

afterAll(closeChromium);

/** DOT4_FUZZ asks for the full measure. */
const random = process.env["DOT4_FUZZ"] ? 100 : 10;

test("Chromium gives the references' integers and the interpreter's, and notices a lost device", { timeout: 600_000 }, async () => {
  const report = (await inChromium("test/backend/chromium.page.ts", { random, graphs: 20 }, { timeout: 600_000 })) as {
    adapter: string;
    cases: Record<string, number>;
    failures: string[];
  };
  const warnings = process.env["DOT4_POLYFILL"] === "1" ? [expect.stringContaining("packed_4x8_integer_dot_product is missing")] : [];
  expect(report).toMatchObject({ failures: [], warnings, lost: "device-lost", buffersAfter: 0 });
  for (const op of ["qconv2d", "qlinear", "quantize", "qadd", "qmaxPool2d"]) expect(report.cases[op]).toBeGreaterThanOrEqual(random);
});
