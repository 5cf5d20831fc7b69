import { checkpointDatabase, CHECKPOINT_VERSION, readCheckpoint } from "../../src/train/index.ts";
import { sample } from "../support/checkpoint.ts";

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (e: { code?: string }) => String(e.code),
  );

/** Puts something into the database behind the store's back. */
function plant(database: string, value: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(database, 1);
    request.onerror = () => reject(request.error!);
    request.onsuccess = () => {
      const transaction = request.result.transaction("checkpoints", "readwrite");
      transaction.objectStore("checkpoints").put(value, "latest");
      transaction.oncomplete = () => (request.result.close(), resolve());
    };
  });
}

/** While `act` runs, what is put into a table does not get to the disk: its transaction is aborted after the request succeeded. */
async function onFullDisk<T>(act: () => Promise<T>): Promise<T> {
  const table = IDBObjectStore.prototype;
  const put = Object.getOwnPropertyDescriptor(table, "put")!;
  const real = put.value as IDBObjectStore["put"];
  table.put = function (this: IDBObjectStore, ...args: Parameters<typeof real>) {
    const request = real.apply(this, args);
    request.addEventListener("success", () => this.transaction.abort());
    return request;
  };
  try {
    return await act();
  } finally {
    Object.defineProperty(table, "put", put);
  }
}

/**
 * `check`: what a page can see of the store. `save`: saves without end, and returns `after` ms after the first save counted, in
 * the midst of others, how many counted; the page is closed then. `load`: what is there.
 */
export default async function page({
  what,
  count,
  after = 0,
}: {
  what: "check" | "save" | "load";
  count: number;
  after?: number;
}): Promise<unknown> {
  const store = checkpointDatabase("dot4-test");
  if (what === "save") {
    const before = await store.load();
    let step = before ? readCheckpoint(before).step : 0;
    await store.save(sample(++step, count));
    const goOn = async (): Promise<never> => {
      for (;;) {
        await store.save(sample(step + 1, count));
        step++;
      }
    };
    void goOn();
    await new Promise((resolve) => setTimeout(resolve, after));
    return step;
  }
  if (what === "load") {
    const bytes = await store.load();
    if (!bytes) return { step: 0, whole: true };
    const { step, states } = readCheckpoint(bytes);
    return { step, whole: (states.get("w")!.tensor.data as Float32Array).every((v) => v === step) };
  }
  const empty = (await store.load()) === undefined;
  await store.save(sample(1, count));
  await store.save(sample(2, count));
  const other = checkpointDatabase("dot4-test", "other");
  const apart = (await other.load()) === undefined;
  const refused = await codeOf(store.save(sample(3, count).slice(0, 50)));
  const kept = readCheckpoint((await store.load())!).step;
  const full = await onFullDisk(() => codeOf(store.save(sample(3, count))));
  const keptStill = readCheckpoint((await store.load())!).step;
  const damaged = sample(4, count);
  damaged[damaged.length - 1]! ^= 1;
  await plant("dot4-test", damaged);
  const corrupt = await codeOf(store.load());
  await plant("dot4-test", "text");
  const foreign = await codeOf(store.load());
  await store.clear();
  // A database of the same name that somebody else made.
  await new Promise((resolve) => {
    const request = indexedDB.open("dot4-other", 1);
    request.onsuccess = () => resolve(request.result.close());
  });
  const alien = await codeOf(checkpointDatabase("dot4-other").load());
  return {
    alien,
    version: CHECKPOINT_VERSION,
    empty,
    apart,
    refused,
    kept,
    full,
    keptStill,
    corrupt,
    foreign,
    cleared: (await store.load()) === undefined,
  };
}
