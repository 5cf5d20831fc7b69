/** Trainings that save to files: killed, lost, spoilt or two at once, they go on from a whole checkpoint to the same weights. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bundle } from "../../scripts/bundle.mjs";
import { DeviceLostError } from "../../src/errors.ts";
import { checkpointFile } from "../../src/node/index.ts";
import { Random } from "../../src/numerics/random.ts";
import * as train from "../../src/train/index.ts";
import { absolute } from "../support/sources.ts";
import { batches, float, make, sha256 } from "../train/bars.ts";
import { mortal } from "../train/mortal.ts";
import { EPOCHS, full, run, runs } from "../train/resumable.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dot4-training-"));
  path = join(folder, "digits.ckpt");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/**
 * What a program prints, line by line, until it ends or is killed at the line for which `ends` says so. It waits for an answer to
 * each line: how far it comes does not hang on how soon it is heard, and when it is killed it is at what comes after the line.
 */
async function lines(program: string, ends: (line: string, index: number) => boolean): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program, path], { stdio: ["pipe", "pipe", "inherit"] });
  // A program that ended by itself takes no more answers.
  child.stdin.on("error", () => undefined);
  const seen: string[] = [];
  let rest = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    for (const line of parts) {
      child.stdin.write("on\n");
      if (ends(line, seen.push(line) - 1)) child.kill("SIGKILL");
    }
  });
  await new Promise((resolve) => child.on("close", resolve));
  return seen;
}

it("a training killed again and again ends with the weights of one that was not", { timeout: 240_000 }, async () => {
  const whole = await run(full, undefined, false);
  const program = await bundle(absolute("test/node/trainee.ts"));
  const r = new Random(5);
  let last = 0;
  let lives = 0;
  for (let end: string | undefined; end === undefined; lives++) {
    // The signal comes when some later save is under way.
    const life = r.int(1, 6);
    const seen = await lines(program, (line, index) => index === life && Number(line) < 17);
    const first = Number(seen[0]);
    // What counted is never lost, and at most one more was saved.
    expect([last, last + 1]).toContain(first);
    if (seen.at(-1)!.length === 64) end = seen.at(-1);
    else last = Number(seen.at(-1));
    if (end !== undefined) expect(end).toBe(whole.weights);
  }
  expect(lives).toBeGreaterThan(3);
  expect(readdirSync(folder)).toContain("digits.ckpt");
});

describe("a device lost in the middle of writing", () => {
  const fitted = async (dieAt: number, recover: boolean) => {
    let alive = true;
    const store = checkpointFile(path);
    let saves = 0;
    const options = { ...full.trainer, readEvery: 4, backend: mortal(() => !alive) };
    using trainer = await make(full.graph, { ...options, ...(recover && { recover: { backend: async () => mortal(() => false) } }) });
    const save = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
      const saving = store.save(bytes);
      // The file is not even open.
      if (++saves === dieAt) alive = false;
      await saving;
    };
    await trainer.fit({ epochs: EPOCHS, batches, checkpoint: { every: 1, save }, ...full.fit });
    return { weights: sha256(await trainer.graph()), file: await store.load() };
  };

  it("goes by unnoticed with recovery: weights and file are those of an undisturbed training", async () => {
    const whole = await fitted(0, false);
    for (const at of [1, 6, 13]) expect(await fitted(at, true)).toEqual(whole);
  });

  it("ends the training without recovery, and the file is the one that was being written; it resumes to the same weights", async () => {
    const { weights } = await run(full, undefined, false);
    for (const at of [1, 6, 13]) {
      await expect(fitted(at, false)).rejects.toBeInstanceOf(DeviceLostError);
      const bytes = (await checkpointFile(path).load())!;
      expect(train.readCheckpoint(bytes).step).toBe(at);
      expect((await run(full, bytes, false)).weights).toBe(weights);
    }
  });
});

it("NaN at a step leaves the file with the last step that was good, from which a sane training goes on", async () => {
  const store = checkpointFile(path);
  const spoilt: train.EpochSource = {
    order: batches.order,
    length: batches.length,
    *epoch(index: number) {
      for (const [i, b] of [...batches.epoch(index)].entries()) {
        if (index === 1 && i === 2) b.x!.data[7] = NaN;
        yield b;
      }
    },
  };
  using trainer = await make(float, { readEvery: 4 });
  const fitting = trainer.fit({ epochs: EPOCHS, batches: spoilt, checkpoint: { every: 1, save: store.save } });
  await expect(fitting).rejects.toMatchObject({
    code: "not-finite",
    where: "training step 9",
    problem: expect.stringContaining('"x"') as string,
  });
  const bytes = (await store.load())!;
  expect(train.readCheckpoint(bytes).step).toBe(8);
  using resumed = await make(float, { resume: bytes });
  await resumed.fit({ epochs: EPOCHS, batches });
  expect(sha256(await resumed.graph())).toBe((await run(runs["float, adam"], undefined, false)).weights);
});

describe("two trainings on one path", () => {
  it("leave a whole checkpoint of one of them at any moment, which resumes its own and is refused by the other", async () => {
    const store = checkpointFile(path);
    const kinds = [runs["float, adam"], runs["float, sgd with momentum and a schedule"]];
    const wholes = await Promise.all(kinds.map((kind) => run(kind, undefined, false)));
    const owners = new Set<number>();
    const look = async (): Promise<void> => {
      const bytes = (await store.load())!;
      const owner = train.readCheckpoint(bytes).facts.get("optimizer")!.startsWith("adam") ? 0 : 1;
      if (owners.has(owner)) return;
      owners.add(owner);
      expect((await run(kinds[owner]!, bytes, false)).weights).toBe(wholes[owner]!.weights);
      await expect(run(kinds[1 - owner]!, bytes, false)).rejects.toMatchObject({ code: "checkpoint-mismatch" });
    };
    const save = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
      await store.save(bytes);
      await look();
    };
    await Promise.all(
      kinds.map(async (kind) => {
        using trainer = await make(kind.graph, { readEvery: 4, ...kind.trainer });
        await trainer.fit({ epochs: EPOCHS, batches, checkpoint: { every: 1, save } });
      }),
    );
    expect([...owners].sort()).toEqual([0, 1]);
    expect(readdirSync(folder)).toEqual(["digits.ckpt"]);
  });

  it("in two processes, which are killed: whole at any moment", { timeout: 120_000 }, async () => {
    const program = await bundle(absolute("test/node/trainee.ts"));
    const store = checkpointFile(path);
    let over = false;
    const both = Promise.all([lines(program, (_, i) => i === 12), lines(program, (_, i) => i === 9)]).then((all) => {
      over = true;
      return all;
    });
    let looks = 0;
    while (!over) {
      const bytes = await store.load();
      if (bytes && train.readCheckpoint(bytes).step > 0) looks++;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect((await both).map((seen) => seen.length).every((n) => n > 9)).toBe(true);
    expect(looks).toBeGreaterThan(0);
    expect((await run(full, await store.load(), false)).weights).toBe((await run(full, undefined, false)).weights);
  });
});
