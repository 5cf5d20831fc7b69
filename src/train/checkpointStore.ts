/** Where checkpoints outlive the page: IndexedDB, in one transaction that is on the disk before it counts as done. */
import { DataError, Dot4Error } from "../errors.ts";
import { readCheckpoint } from "./checkpoint.ts";

/** A place for one checkpoint: `fit({ checkpoint: { every: 500, save: store.save } })`, `trainer(graph, { resume: await store.load() })`. */
export interface CheckpointStore {
  /** The checkpoint takes the place of the one before, which stays until then. @throws DataError for what is no sound checkpoint */
  save(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** undefined where nothing was saved. @throws DataError when it is damaged */
  load(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Nothing is saved any more. */
  clear(): Promise<void>;
}

const TABLE = "checkpoints";

/** A checkpoint in the browser's database `database`, under `key`. Works in workers, too. @throws DataError for failures of the database */
export function checkpointDatabase(database: string, key = "latest"): CheckpointStore {
  const where = `checkpoint "${key}" in IndexedDB "${database}"`;
  const failed = (cause: unknown): Dot4Error =>
    new DataError({
      code: "database",
      where,
      problem: `the database failed: ${String(cause)}`,
      remedy: "Free some space, or leave private browsing",
      cause,
    });

  const open = (): Promise<IDBDatabase> =>
    new Promise((resolve, reject) => {
      const request = indexedDB.open(database, 1);
      request.onupgradeneeded = () => void request.result.createObjectStore(TABLE);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error!);
    });

  /** What `act` asked for, once all of the transaction is done. */
  async function inTransaction<T>(mode: "readonly" | "readwrite", act: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const db = await open().catch((e: unknown) => Promise.reject(failed(e)));
    try {
      return await new Promise<T>((resolve, reject) => {
        const transaction = db.transaction(TABLE, mode, { durability: "strict" });
        const request = act(transaction.objectStore(TABLE));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onabort = () => reject(failed(transaction.error));
      });
    } catch (e) {
      // A transaction that cannot even begin (no such table, nothing that can be stored) throws at once.
      throw e instanceof Dot4Error ? e : failed(e);
    } finally {
      db.close();
    }
  }

  return {
    async save(bytes) {
      readCheckpoint(bytes);
      await inTransaction("readwrite", (table) => table.put(bytes, key));
    },
    async load() {
      const found: unknown = await inTransaction("readonly", (table) => table.get(key));
      if (found === undefined) return undefined;
      if (!(found instanceof Uint8Array))
        throw new DataError({ code: "not-a-checkpoint", where, problem: "holds something else", remedy: "Clear it, or take another name" });
      readCheckpoint(found);
      return found as Uint8Array<ArrayBuffer>;
    },
    clear: () => inTransaction("readwrite", (table) => table.delete(key)),
  };
}
