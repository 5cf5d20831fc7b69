/** A damaged or forged checkpoint is refused with a typed error, whatever was done to it. */
import { describe, expect, it } from "vitest";
import { DataError } from "../../src/errors.ts";
import { Random } from "../../src/numerics/random.ts";
import { tensor } from "../../src/tensor/index.ts";
import { writeCheckpoint } from "../../src/train/checkpoint.ts";
import { crc32 } from "../../src/train/crc32.ts";
import * as train from "../../src/train/index.ts";
import { batches, first, float, make } from "./bars.ts";
import { qat } from "./resumable.ts";

/** A small one, with all that there can be. */
async function small(): Promise<Uint8Array<ArrayBuffer>> {
  using trainer = await make(qat);
  let bytes!: Uint8Array<ArrayBuffer>;
  await trainer.fit({ epochs: 1, batches, checkpoint: { every: 4, save: async (b) => void (bytes = b) } });
  return bytes;
}
const failure = (bytes: Uint8Array): DataError => {
  try {
    train.readCheckpoint(bytes);
  } catch (e) {
    if (e instanceof DataError) return e;
    throw e;
  }
  throw new Error("was accepted");
};

describe("a damaged checkpoint is refused", () => {
  it("with any byte flipped, in one bit or in all", async () => {
    const bytes = await small();
    expect(bytes.length).toBeGreaterThan(4000);
    train.readCheckpoint(bytes);
    for (let i = 0; i < bytes.length; i++)
      for (const mask of [1 << (i % 8), 0xff]) {
        bytes[i]! ^= mask;
        failure(bytes);
        bytes[i]! ^= mask;
      }
    train.readCheckpoint(bytes);
  });

  it("cut anywhere, prolonged, empty, of text, or of another version", async () => {
    const bytes = await small();
    for (let length = 0; length < bytes.length; length++)
      expect(failure(bytes.subarray(0, length)).code).toBe(length < 8 ? "not-a-checkpoint" : "truncated");
    expect(failure(Uint8Array.of(...bytes, 0)).code).toBe("too-long");
    expect(failure(new TextEncoder().encode("hello, world, this is no checkpoint")).code).toBe("not-a-checkpoint");
    bytes[12] = 2;
    expect(failure(bytes)).toMatchObject({ code: "unsupported-version", expected: "1", got: "2" });
    await expect(make(qat, { resume: bytes })).rejects.toMatchObject({ code: "unsupported-version" });
  });

  it("by random damage of any kind, with typed errors only", async () => {
    const good = await small();
    const r = new Random(9);
    for (let i = 0; i < 2000; i++) {
      const bytes = good.slice();
      for (let k = r.int(1, 5); k > 0; k--) bytes[r.int(0, 40)] = r.int(0, 255);
      if (bytes.some((b, at) => b !== good[at])) failure(bytes);
    }
  });
});

describe("a forged header, with the right checksum,", () => {
  const forged = (header: string, contents = new Uint8Array()): Uint8Array => {
    const text = new TextEncoder().encode(header);
    const bytes = new Uint8Array(20 + text.length + contents.length);
    const view = new DataView(bytes.buffer);
    bytes.set([0x89, 0x64, 0x6f, 0x74, 0x34, 0x0d, 0x0a, 0x1a]);
    view.setUint32(12, 1, true);
    view.setUint32(16, text.length, true);
    bytes.set(text, 20);
    view.setUint32(8, crc32(bytes.subarray(12, 20 + text.length)), true);
    bytes.set(contents, 20 + text.length);
    return bytes;
  };
  const good = {
    step: 1,
    gathered: { samples: 0, steps: 0 },
    phase: { observers: false, batchNorm: false },
    fit: null,
    facts: [["net", "x"]],
    states: [{ name: "w", role: "parameter", dtype: "f32", shape: [1], crc: crc32(new Uint8Array(4)) }],
  };
  const state = good.states[0]!;
  const text = (change: object): string => JSON.stringify({ ...good, ...change });

  it("is read when it is sound", () => {
    expect(train.readCheckpoint(forged(text({}), new Uint8Array(4))).states.get("w")!.tensor).toEqual(tensor("f32", [1], [0]));
  });

  it.each<[string, string, string]>([
    ["is no JSON", "{", "bad-header"],
    ["is no object", "[]", "bad-header"],
    ["is null", "null", "bad-header"],
    ["lacks a field", text({ step: undefined }), "bad-header"],
    ["counts backwards", text({ step: -1 }), "bad-header"],
    ["counts in fractions", text({ step: 1.5 }), "bad-header"],
    ["plans in fractions", text({ planned: 1.5 }), "bad-header"],
    ["has null for what is planned", text({ planned: null }), "bad-header"],
    ["has a text for a number", text({ step: "1" }), "bad-header"],
    ["has a flag that is none", text({ phase: { observers: 1, batchNorm: false } }), "bad-header"],
    ["has a position without epoch", text({ fit: { batch: 1 } }), "bad-header"],
    [
      "holds a loss beyond all numbers",
      text({ fit: { epoch: 0, batch: 1, samples: 1, loss: 7, correct: 0, plan: [] } }).replace("7", "1e999"),
      "bad-header",
    ],
    ["has facts that are no pairs", text({ facts: [["net"]] }), "bad-header"],
    ["names a role that there is not", text({ states: [{ ...state, role: "constructor" }] }), "bad-header"],
    ["names a dtype that there is not", text({ states: [{ ...state, dtype: "toString" }] }), "bad-header"],
    ["has a state twice", text({ states: [state, state] }), "bad-header"],
    ["has a negative size", text({ states: [{ ...state, shape: [-1] }] }), "bad-header"],
    ["declares 8 GB", text({ states: [{ ...state, shape: [2 ** 31] }] }), "truncated"],
    ["declares more than there is in any memory", text({ states: [{ ...state, shape: [2 ** 52, 2 ** 52, 2 ** 52] }] }), "truncated"],
    ["leaves bytes over", text({ states: [] }), "too-long"],
    ["inherits its fields", '{"__proto__": ' + text({}) + "}", "bad-header"],
  ])("is refused when it %s", (_, header, code) => {
    expect(failure(forged(header, new Uint8Array(4))).code).toBe(code);
  });

  it("names states as it likes, and nothing but a table of states comes of it", () => {
    const names = ["__proto__", "constructor", "toString"];
    const c = train.readCheckpoint(forged(text({ states: names.map((name) => ({ ...state, name })) }), new Uint8Array(12)));
    expect([...c.states.keys()]).toEqual(names);
    expect(({} as Record<string, unknown>)["role"]).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it("does not get into a training with states that are not its own", async () => {
    using trainer = await make();
    await trainer.step(first);
    const c = train.readCheckpoint(await trainer.checkpoint());
    const states = new Map(c.states);
    const w = states.get("fc.weight")!;
    states.set("fc.weight", { ...w, tensor: tensor("f32", [1], [0]) });
    await expect(make(float, { resume: writeCheckpoint({ ...c, states }) })).rejects.toMatchObject({
      code: "checkpoint-mismatch",
      got: "parameter f32 [1]",
    });
    states.delete("fc.weight");
    await expect(make(float, { resume: writeCheckpoint({ ...c, states }) })).rejects.toMatchObject({ got: "nothing" });
  });
});

it("crc32 is the one of gzip and PNG", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
  expect(crc32(new Uint8Array(7))).toBe(0x9d6cdf7e);
});
