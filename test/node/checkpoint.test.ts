/** Checkpoints in files: whole at any moment, whoever is killed when. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bundle } from "../../scripts/bundle.mjs";
import { DataError } from "../../src/errors.ts";
import { checkpointFile } from "../../src/node/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { readCheckpoint } from "../../src/train/index.ts";
import { sample } from "../support/checkpoint.ts";
import { absolute } from "../support/sources.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dot4-checkpoint-"));
  path = join(folder, "digits.ckpt");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("saves, replaces, loads and clears; nothing else stays in the folder", async () => {
  const store = checkpointFile(path);
  expect(await store.load()).toBeUndefined();
  await store.save(sample(1));
  await store.save(sample(2));
  expect(await store.load()).toEqual(sample(2));
  expect(readdirSync(folder)).toEqual(["digits.ckpt"]);
  await store.clear();
  await store.clear();
  expect(await store.load()).toBeUndefined();
});

it("saves that overlap leave one of them, whole", async () => {
  const store = checkpointFile(path);
  await Promise.all(Array.from({ length: 8 }, (_, i) => store.save(sample(i, 1000))));
  expect(readCheckpoint((await store.load())!).step).toBeLessThan(8);
  expect(readdirSync(folder)).toEqual(["digits.ckpt"]);
});

it("does not replace a good one by what is none, nor load what is damaged", async () => {
  const store = checkpointFile(path);
  await store.save(sample(1));
  await expect(store.save(sample(2).slice(0, 60))).rejects.toMatchObject({ code: "truncated" });
  expect(await store.load()).toEqual(sample(1));
  const bytes = readFileSync(path);
  for (let i = 0; i < bytes.length; i++) {
    writeFileSync(
      path,
      Uint8Array.from(bytes, (b, at) => (at === i ? b ^ 0x40 : b)),
    );
    await expect(store.load()).rejects.toBeInstanceOf(DataError);
  }
});

it("names the file that cannot be written or read, and leaves nothing half-done", async () => {
  await expect(checkpointFile(join(folder, "none", "a")).save(sample(1))).rejects.toThrow(/none.a: cannot be written.*ENOENT/);
  mkdirSync(path);
  await expect(checkpointFile(path).save(sample(1))).rejects.toBeInstanceOf(DataError);
  await expect(checkpointFile(path).load()).rejects.toMatchObject({ code: "file" });
  await expect(checkpointFile(path).clear()).rejects.toMatchObject({ code: "file" });
  expect(readdirSync(folder)).toEqual(["digits.ckpt"]);
});

it("sweeps what killed saves left long ago, and nothing else", async () => {
  const old = "digits.ckpt.123.0123456789ab.tmp";
  const names = [old, "digits.ckpt.124.0123456789ab.tmp", "digits.ckpt.old", "other.ckpt.123.0123456789ab.tmp"];
  for (const name of names) writeFileSync(join(folder, name), "x");
  for (const name of [old, "digits.ckpt.old", "other.ckpt.123.0123456789ab.tmp"]) utimesSync(join(folder, name), 1, 1);
  await checkpointFile(path).save(sample(1));
  expect(readdirSync(folder).sort()).toEqual(["digits.ckpt", ...names.slice(1)].sort());
});

/** DOT4_FUZZ asks for the full measure. */
const kills = process.env["DOT4_FUZZ"] ? 200 : 25;

it(
  `a process killed at ${kills} moments of saving leaves a whole checkpoint, never older than the last that counted`,
  { timeout: 300_000 },
  async () => {
    // 1.2 MB, so that a kill finds the file half written as often as not.
    const count = 300_000;
    await checkpointFile(path).save(sample(0, count));
    const program = await bundle(absolute("test/node/saver.ts"));
    const r = new Random(7);
    let saves = 0;
    let leftovers = 0;
    for (let i = 0; i < kills; i++) {
      const saver = spawn(process.execPath, [program, path, String(count)], { stdio: ["ignore", "pipe", "inherit"] });
      let told = "";
      saver.stdout.setEncoding("utf8");
      const ready = new Promise<void>((resolve) =>
        saver.stdout.on("data", (text: string) => {
          told += text;
          if (told.includes("\n")) resolve();
        }),
      );
      const ended = new Promise((resolve) => saver.on("close", resolve));
      await ready;
      // Within the first saves, at any point of one.
      await new Promise((resolve) => setTimeout(resolve, r.uniform(0, 60)));
      saver.kill("SIGKILL");
      await ended;
      const counted = Number(told.trim().split("\n").at(-1));
      const { step, states } = readCheckpoint((await checkpointFile(path).load())!);
      expect([counted, counted + 1]).toContain(step);
      expect((states.get("w")!.tensor.data as Float32Array).every((v) => v === Math.fround(step))).toBe(true);
      saves += counted;
      leftovers += readdirSync(folder).length - 1;
      for (const name of readdirSync(folder)) if (name.endsWith(".tmp")) rmSync(join(folder, name));
    }
    // Kills did come while a file was being written.
    expect(leftovers).toBeGreaterThan(0);
    expect(saves).toBeGreaterThan(0);
  },
);
