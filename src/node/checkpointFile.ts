/** A checkpoint in a file that is always whole: the old one or the new one, whenever the process or the machine stops. */
import { randomBytes } from "node:crypto";
import { open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { DataError, Dot4Error } from "../errors.ts";
import { readCheckpoint } from "../train/checkpoint.ts";
import type { CheckpointStore } from "../train/checkpointStore.ts";

/** Remains of saves that were killed are taken away when they are older than this (ms): nobody writes that long. */
const STALE = 600_000;

/**
 * Saves go to a file beside `path`, which is on the disk before it takes the name. What is no sound checkpoint is not saved,
 * so that a good one is never replaced by a bad one. Several processes may save to one path: the last one wins.
 */
export function checkpointFile(path: string): CheckpointStore {
  const [folder, name] = [dirname(resolve(path)), basename(path)];
  const failed = (what: string, remedy: string, cause: unknown): Dot4Error =>
    cause instanceof Dot4Error
      ? cause
      : new DataError({ code: "file", where: path, problem: `cannot be ${what}: ${String(cause)}`, remedy, cause });

  async function write(bytes: Uint8Array): Promise<void> {
    const temporary = join(folder, `${name}.${process.pid}.${randomBytes(6).toString("hex")}.tmp`);
    try {
      const file = await open(temporary, "wx");
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, join(folder, name));
    } catch (e) {
      // What went wrong first is what counts.
      await rm(temporary, { force: true }).catch(() => undefined);
      throw e;
    }
    await syncFolder(folder);
  }

  async function sweep(): Promise<void> {
    for (const file of await readdir(folder)) {
      if (!file.startsWith(`${name}.`) || !/\.[0-9]+\.[0-9a-f]{12}\.tmp$/.test(file)) continue;
      const written = await stat(join(folder, file)).then((s) => s.mtimeMs, Date.now);
      if (Date.now() - written > STALE) await rm(join(folder, file), { force: true });
    }
  }

  return {
    async save(bytes) {
      readCheckpoint(bytes);
      await write(bytes).catch((e: unknown) =>
        Promise.reject(failed("written", "No checkpoint was harmed: free some space, or save to another place", e)),
      );
      // Leftovers are a nuisance, not a failure.
      await sweep().catch(() => undefined);
    },
    async load() {
      const bytes = await readFile(join(folder, name)).catch((e: NodeJS.ErrnoException) => {
        if (e.code === "ENOENT") return undefined;
        throw failed("read", "See that it is a file that this user may read", e);
      });
      if (!bytes) return undefined;
      readCheckpoint(bytes);
      return new Uint8Array(bytes);
    },
    clear: () =>
      rm(join(folder, name), { force: true }).catch((e: unknown) =>
        Promise.reject(failed("removed", "See that it is a file in a folder that this user may change", e)),
      ),
  };
}

/** The new name itself is on the disk only after this. Windows has no such call, and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
