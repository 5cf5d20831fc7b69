/** A folder for what is made once and used by many processes. Two of them may want it at the same moment. */
import { randomBytes } from "node:crypto";
import { access, constants, mkdir, rename, rm, stat } from "node:fs/promises";
import { homedir, tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** `node_modules/.cache/dot4`, or the user's cache folder where that cannot be written. */
export async function cacheFolder(nodeModules: string): Promise<string> {
  const system =
    process.env["XDG_CACHE_HOME"] ?? (process.platform === "darwin" ? join(homedir(), "Library", "Caches") : join(homedir(), ".cache"));
  const candidates = [join(nodeModules, ".cache", "dot4"), join(system, "dot4"), join(tmpdir(), `dot4-${userInfo().uid}`)];
  for (const folder of candidates) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await access(folder, constants.W_OK);
      // In a shared temporary folder somebody else could have put it there first.
      if (process.getuid && (await stat(folder)).uid !== process.getuid() && process.getuid() !== 0) continue;
      return folder;
    } catch {
      continue;
    }
  }
  throw new Error(`no folder to write to: tried ${candidates.join(", ")}`);
}

/**
 * The folder `path`, filled by `fill` if it does not exist yet. It is filled under another name and renamed, so that it is
 * either absent or whole. The lock only saves work: whoever finds it stale goes on without it, and the first rename wins.
 */
export async function fillOnce(path: string, fill: (temporary: string) => Promise<void>): Promise<string> {
  const lock = `${path}.lock`;
  const staleAfter = 60_000;
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    if (await exists(path)) return path;
    try {
      await mkdir(lock);
      break;
    } catch {
      const made = await stat(lock).then((s) => s.mtimeMs, Date.now);
      if (Date.now() - made > staleAfter) break;
      await sleep(100);
    }
  }
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    if (await exists(path)) return path;
    await mkdir(temporary);
    await fill(temporary);
    await rename(temporary, path).catch(async (error: unknown) => {
      if (!(await exists(path))) throw error;
    });
    return path;
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await rm(lock, { recursive: true, force: true });
  }
}

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
