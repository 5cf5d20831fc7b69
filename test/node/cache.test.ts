import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DeviceError } from "../../src/errors.ts";
import { cacheFolder, fillOnce } from "../../src/node/cache.ts";
import { unpacked } from "../../src/node/chromium.ts";
import { absolute } from "../support/sources.ts";

let root = "";
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), "dot4-cache-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("a folder is filled once, also when several want it at once, and leaves nothing beside it", async () => {
  let fills = 0;
  const fill = async (folder: string): Promise<void> => {
    fills += 1;
    await new Promise((resolve) => setTimeout(resolve, 150));
    writeFileSync(join(folder, "file"), "whole");
  };
  const path = join(root, "a", "browser");
  await Promise.all(Array.from({ length: 5 }, () => fillOnce(path, fill)));
  expect(fills).toBe(1);
  expect(readFileSync(join(path, "file"), "utf8")).toBe("whole");
  expect(readdirSync(join(root, "a"))).toEqual(["browser"]);
});

test("a fill that fails leaves no folder, and the next one succeeds", async () => {
  const path = join(root, "browser");
  const half = (folder: string): Promise<void> => {
    writeFileSync(join(folder, "file"), "ha");
    return Promise.reject(new Error("disk full"));
  };
  await expect(fillOnce(path, half)).rejects.toThrow("disk full");
  expect(readdirSync(root)).toEqual([]);
  await fillOnce(path, (folder) => Promise.resolve(writeFileSync(join(folder, "file"), "whole")));
  expect(readFileSync(join(path, "file"), "utf8")).toBe("whole");
});

test("a software GPU that cannot be unpacked is a DeviceError with its cause, and nothing stays of it", async () => {
  const folder = join(root, "node_modules", "@sparticuz", "chromium");
  const entry = join(folder, "index.js");
  const failure = async (body: string): Promise<DeviceError> => {
    writeFileSync(entry, body);
    const e: unknown = await unpacked(entry).catch((e: unknown) => e);
    expect(e).toBeInstanceOf(DeviceError);
    return e as DeviceError;
  };
  mkdirSync(folder, { recursive: true });
  // Without a manifest; a process that fails; one that leaves no driver.
  expect((await failure("")).cause).toMatchObject({ code: "ENOENT" });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ version: "1.2.3" }));
  const full = await failure(`throw new Error("ENOSPC: no space left on device")`);
  expect(full).toMatchObject({ code: "no-software-gpu", cause: expect.any(Error) });
  expect(full.message).toMatch(/ENOSPC.*cpu\(\)/s);
  expect((await failure("exports.executablePath = () => 'nowhere'")).message).toContain("did not unpack a software Vulkan driver");
  expect(readdirSync(join(root, "node_modules", ".cache", "dot4"))).toEqual([]);
});

test("the lock and the half-filled folder of a process that was killed are in nobody's way", async () => {
  const path = join(root, "browser");
  mkdirSync(`${path}.lock`);
  mkdirSync(`${path}.99999.deadbeef`);
  const longAgo = new Date(Date.now() - 120_000);
  utimesSync(`${path}.lock`, longAgo, longAgo);
  await fillOnce(path, (folder) => Promise.resolve(writeFileSync(join(folder, "file"), "whole")));
  expect(readFileSync(join(path, "file"), "utf8")).toBe("whole");
  expect(existsSync(`${path}.lock`)).toBe(false);
});

test("processes race for one folder and all find it whole", async () => {
  const entry = join(root, "race.ts");
  writeFileSync(
    entry,
    `import { readFileSync, writeFileSync } from "node:fs";
import { fillOnce } from ${JSON.stringify(absolute("src/node/cache.ts"))};
const folder = await fillOnce(${JSON.stringify(join(root, "browser"))}, async (f) => writeFileSync(f + "/file", "x".repeat(5e6)));
console.log(readFileSync(folder + "/file", "utf8").length);`,
  );
  const run = (): Promise<{ stdout: string }> => promisify(execFile)(process.execPath, [absolute("scripts/run.mjs"), entry]);
  const results = await Promise.all([run(), run(), run()]);
  expect(results.map((r) => r.stdout.trim())).toEqual(["5000000", "5000000", "5000000"]);
  expect(readdirSync(root).sort()).toEqual(["browser", "race.ts"]);
});

test("the cache lies below node_modules, or in the user's own cache where that cannot be written", async () => {
  expect(await cacheFolder(join(root, "node_modules"))).toBe(join(root, "node_modules", ".cache", "dot4"));
  writeFileSync(join(root, "file"), "");
  const before = process.env["XDG_CACHE_HOME"];
  process.env["XDG_CACHE_HOME"] = join(root, "home-cache");
  try {
    expect(await cacheFolder(join(root, "file"))).toBe(join(root, "home-cache", "dot4"));
  } finally {
    if (before === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = before;
  }
});
