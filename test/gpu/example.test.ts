/** The example page as a visitor uses it: built, served under its policy, opened in Chromium, trained by a click. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { build } from "vite";
import { absolute } from "../support/sources.ts";
import { closeChromium, withPage } from "./chromium.ts";
import { serve, type Site } from "./page.ts";

let folder: string;
let site: Site;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dot4-example-"));
  await build({
    root: absolute("examples/page"),
    base: "./",
    configFile: absolute("vite.config.ts"),
    logLevel: "warn",
    build: { outDir: folder, emptyOutDir: true, target: "es2022" },
  });
  site = await serve(folder);
});
afterAll(async () => {
  await closeChromium();
  await site.close();
  await rm(folder, { recursive: true, force: true });
});

test("the page trains in its worker, draws the loss and finds the int8 net bit-exact", { timeout: 240_000 }, async () => {
  await withPage(
    async (page) => {
      await page.setViewport({ width: 1000, height: 900 });
      await page.goto(site.url);
      const blank = await page.$eval("#curve", (canvas) => (canvas as HTMLCanvasElement).toDataURL());
      await page.select("select[name=images]", "300");
      await page.$eval("input[name=epochs]", (input) => (input.value = "1"));
      await page.click("#start");
      await page.waitForSelector("#result:not([hidden]), #error:not([hidden])", { timeout: 230_000 });
      const text = (selector: string): Promise<string> => page.$eval(selector, (e) => e.textContent ?? "");
      expect(await text("#error")).toBe("");
      expect(await text("#proof")).toMatch(/^Bit-exact: yes, 0 of [\d,]+ values in \d+ nodes differ between GPU and CPU/);
      expect(await text("#adapter")).toMatch(/webgpu \(google swiftshader/);
      expect(await page.$$eval("#rows td:first-child", (cells) => cells.map((cell) => cell.textContent))).toEqual([
        "float",
        "PTQ int8",
        "QAT int8",
      ]);
      expect(await page.$eval("#curve", (canvas) => (canvas as HTMLCanvasElement).toDataURL())).not.toBe(blank);
      if (process.env.DOT4_SCREENSHOT) await page.screenshot({ path: process.env.DOT4_SCREENSHOT as `${string}.png` });
    },
    { timeout: 235_000 },
  );
});
