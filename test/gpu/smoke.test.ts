import { afterAll, expect, test } from "vitest";
import { closeChromium, inChromium } from "./chromium.ts";

afterAll(closeChromium);

test("Chromium has a WebGPU adapter with the packed dot product and runs a kernel, under a strict page policy", async () => {
  const dot4 = process.env["DOT4_POLYFILL"] !== "1";
  const fresh = process.env["DOT4_DIRTY_MEMORY"] === "1" ? 0x01010101 : 0;
  const result = await inChromium("test/gpu/smoke.page.ts", { value: 41 });
  expect(result).toEqual({ architecture: "swiftshader", dot4, fresh, result: 42, evalWorks: false });
});

test("what a page throws arrives here", async () => {
  await expect(inChromium("test/gpu/throws.page.ts", "no such tensor", { console: false })).rejects.toThrow("no such tensor");
});

test("a page that hangs is given up", async () => {
  await expect(inChromium("test/gpu/throws.page.ts", null, { timeout: 500 })).rejects.toThrow("nothing came back from Chromium in 500 ms");
});
