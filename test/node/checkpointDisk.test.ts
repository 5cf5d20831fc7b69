/** A checkpoint on a disk that is full, that fails, whose process is killed or whose power is cut: at each call that a save makes. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { DataError } from "../../src/errors.ts";
import { checkpointFile } from "../../src/node/checkpointFile.ts";
import { readCheckpoint } from "../../src/train/index.ts";
import { sample } from "../support/checkpoint.ts";
import { Disk, ioError, type Fate } from "./disk.ts";

const machine = vi.hoisted(() => ({ disk: undefined as unknown }));
vi.mock("node:fs/promises", () => {
  const fs = () => (machine.disk as Disk).fs;
  const names = ["open", "rename", "rm", "readdir", "stat", "readFile"] as const;
  return Object.fromEntries(
    names.map((name) => [name, (...args: [string, string]) => (fs()[name] as (...args: string[]) => unknown)(...args)]),
  );
});

let disk: Disk;
const plug = (d: Disk): void => {
  disk = d;
  machine.disk = d;
};
const store = checkpointFile("/somewhere/digits.ckpt");
const loaded = async (): Promise<number> => readCheckpoint((await store.load())!).step;
const old = (): Disk => new Disk([["digits.ckpt", sample(1, 50)]]);
/** Lets everything happen that can happen without time going by. */
const turns = async (): Promise<void> => {
  for (let i = 0; i < 50; i++) await Promise.resolve();
};
beforeEach(() => plug(old()));

/** Those of one save, over a checkpoint that is there. */
const calls = ["open wx", "write", "sync file", "close", "rename", "open r", "sync folder", "close", "readdir"];

it("a save writes beside, syncs, renames and syncs the folder, in this order", async () => {
  await store.save(sample(2, 50));
  expect(disk.calls).toEqual(calls);
  expect(disk.files).toEqual(["digits.ckpt"]);
  expect(await loaded()).toBe(2);
});

describe.each(calls.map((call, index) => ({ call, index })))("at call $index of a save, $call,", ({ call, index }) => {
  const at = (fate: Fate): void => void (disk.fate = (i) => (i === index ? fate : "done"));
  const renamed = index > calls.indexOf("rename");

  it.each(["ENOSPC", "EDQUOT", "EIO", "EROFS", "EFBIG"])(
    "%s: an error that names file and cause, and one whole checkpoint",
    async (code) => {
      at(ioError(code, call));
      const failure: unknown = await store.save(sample(2, 50)).catch((e: unknown) => e);
      // Leftovers of others are looked for at the end; whether that works is no concern of this save.
      if (call === "readdir") expect(failure).toBeUndefined();
      else {
        expect(failure).toBeInstanceOf(DataError);
        expect(failure).toMatchObject({ code: "file", where: "/somewhere/digits.ckpt", cause: { code } });
        expect((failure as DataError).message).toMatch(new RegExp(`cannot be written: .*${code}.*\\. No checkpoint was harmed`));
      }
      expect(disk.files).toEqual(["digits.ckpt"]);
      expect(await loaded()).toBe(renamed ? 2 : 1);
      disk.fate = () => "done";
      await store.save(sample(3, 50));
      expect([disk.files, await loaded()]).toEqual([["digits.ckpt"], 3]);
    },
  );

  it("killed, the process leaves the old one before the new one has its name, and the new one after", async () => {
    at("dead");
    void store.save(sample(2, 50));
    await turns();
    expect(disk.calls.length).toBe(index + 1);
    disk.fate = () => "done";
    expect(await loaded()).toBe(renamed ? 2 : 1);
    await store.save(sample(3, 50));
    expect(await loaded()).toBe(3);
  });

  it("the power cut leaves the old one or the new one, whatever the disk had in its memory", async () => {
    at("dead");
    void store.save(sample(2, 50));
    await turns();
    const outcomes = [...disk.afterPowerCut()];
    expect(outcomes.length).toBeGreaterThan(3);
    for (const files of outcomes) {
      plug(new Disk(files));
      expect([1, 2]).toContain(await loaded());
    }
  });
});

it("after a save that counts the power may be cut: it is there", async () => {
  await store.save(sample(2, 50));
  for (const files of disk.afterPowerCut()) {
    plug(new Disk(files));
    expect(await loaded()).toBe(2);
  }
});

it("the first save ever leaves nothing or itself when the power is cut at any of its calls", async () => {
  const outcomes = new Set<number>();
  for (let index = 0; index < calls.length; index++) {
    plug(new Disk());
    disk.fate = (i) => (i === index ? "dead" : "done");
    void store.save(sample(1, 50));
    await turns();
    for (const files of disk.afterPowerCut()) {
      plug(new Disk(files));
      outcomes.add((await store.load()) === undefined ? 0 : await loaded());
    }
  }
  expect([...outcomes].sort()).toEqual([0, 1]);
});

it("a disk that fails at the removal of what was half written still says what was wrong first", async () => {
  disk.fate = (_, call) => (call === "write" ? ioError("ENOSPC", call) : call === "rm" ? ioError("EIO", call) : "done");
  await expect(store.save(sample(2, 50))).rejects.toMatchObject({ code: "file", cause: { code: "ENOSPC" } });
  expect(await loaded()).toBe(1);
});

it("a failed read is told, not taken for a checkpoint that is not there", async () => {
  disk.fate = (_, call) => (call === "readFile" ? ioError("EIO", call) : "done");
  await expect(store.load()).rejects.toMatchObject({ code: "file", cause: { code: "EIO" } });
});
