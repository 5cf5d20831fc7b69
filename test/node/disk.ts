/**
 * A folder on a disk that may fail or lose its power at any call. As real ones do, it keeps what is written in memory until it
 * is told to sync: after a power cut a file holds what was synced, or any part of what came later, and the folder holds the
 * names that it had at its last sync, or after any of the changes since.
 */
import { basename } from "node:path";

interface Content {
  cached: Uint8Array;
  synced: Uint8Array;
}
type Names = ReadonlyMap<string, Content>;

/** What befalls a call: nothing, an error, or the end of the process that made it. */
export type Fate = "done" | "dead" | Error;

export const ioError = (code: string, call: string): Error => Object.assign(new Error(`${code}: planted, ${call}`), { code });

export class Disk {
  #names: Map<string, Content>;
  /** The folder at its last sync, and after each change since. */
  #history: Names[];
  readonly calls: string[] = [];
  /** Decides the fate of a call by its place in `calls`. */
  fate: (index: number, call: string) => Fate = () => "done";

  constructor(files: Iterable<readonly [string, Uint8Array]> = []) {
    this.#names = new Map([...files].map(([name, bytes]) => [name, { cached: bytes, synced: bytes }]));
    this.#history = [new Map(this.#names)];
  }

  get files(): readonly string[] {
    return [...this.#names.keys()].sort();
  }

  /** What the disk may hold after a power cut at this moment, each possibility as files. */
  *afterPowerCut(): Generator<ReadonlyMap<string, Uint8Array>> {
    const kinds: readonly ((c: Content) => Uint8Array)[] = [
      (c) => c.synced,
      (c) => c.cached,
      (c) => (same(c.synced, c.cached) ? c.synced : c.cached.slice(0, c.cached.length / 2)),
      (c) => (same(c.synced, c.cached) ? c.synced : new Uint8Array(c.cached.length)),
    ];
    for (const names of this.#history) for (const kind of kinds) yield new Map([...names].map(([name, c]) => [name, kind(c)]));
  }

  /** @param part what happens of the call even if it fails */
  async #call<T>(call: string, act: () => T, part: () => void = () => undefined): Promise<T> {
    const fate = this.fate(this.calls.push(call) - 1, call);
    if (fate === "done") return act();
    part();
    if (fate === "dead") {
      this.fate = () => "dead";
      return new Promise(() => undefined);
    }
    throw fate;
  }

  #rename(change: (names: Map<string, Content>) => void): void {
    change(this.#names);
    this.#history.push(new Map(this.#names));
  }

  /** In the place of node:fs/promises. */
  readonly fs = {
    open: (path: string, mode: string) =>
      this.#call(`open ${mode}`, () => {
        const content: Content = { cached: new Uint8Array(), synced: new Uint8Array() };
        if (mode !== "r") this.#rename((names) => names.set(basename(path), content));
        const write = (bytes: Uint8Array) => (): void => void (content.cached = bytes.slice());
        return {
          writeFile: (bytes: Uint8Array) => this.#call("write", write(bytes), write(bytes.subarray(0, bytes.length / 2))),
          sync: () =>
            mode === "r"
              ? this.#call("sync folder", () => void (this.#history = [new Map(this.#names)]))
              : this.#call("sync file", () => void (content.synced = content.cached)),
          close: () => this.#call("close", () => undefined),
        };
      }),
    rename: (from: string, to: string) =>
      this.#call("rename", () => {
        const content = this.#names.get(basename(from));
        if (!content) throw ioError("ENOENT", "rename");
        this.#rename((names) => {
          names.delete(basename(from));
          names.set(basename(to), content);
        });
      }),
    rm: (path: string) => this.#call("rm", () => this.#rename((names) => names.delete(basename(path)))),
    readdir: () => this.#call("readdir", () => this.files),
    stat: () => this.#call("stat", () => ({ mtimeMs: Date.now() })),
    readFile: (path: string) =>
      this.#call("readFile", () => {
        const content = this.#names.get(basename(path));
        if (!content) throw ioError("ENOENT", "open");
        return content.cached.slice();
      }),
  };
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((v, i) => v === b[i]);
