import { describe, expect, it } from "vitest";
import { DataError } from "../../src/errors.ts";
import { Random } from "../../src/numerics/index.ts";
import { readSafetensors } from "./safetensors.ts";

function file(header: unknown, data: Uint8Array | readonly number[] = [], length?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const entry = (dtype: string, shape: readonly number[], begin: number, end: number): unknown => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

function codeOf(bytes: Uint8Array): string {
  try {
    readSafetensors(bytes, "x.safetensors");
  } catch (error) {
    if (error instanceof DataError) return error.code;
    throw error;
  }
  return "read";
}

describe("readSafetensors", () => {
  it("reads every element type it knows, at odd offsets, scalars and empty tensors", () => {
    const data = new Uint8Array(1 + 4 + 16 + 3);
    data[0] = 0xff;
    data.set(new Uint8Array(Float32Array.of(1.5).buffer), 1);
    data.set(new Uint8Array(BigInt64Array.of(-5n, 7n).buffer), 5);
    data.set([1, 2, 255], 21);
    const header = {
      __metadata__: { format: "pt" },
      byte: entry("I8", [1], 0, 1),
      scalar: entry("F32", [], 1, 5),
      long: entry("I64", [2], 5, 21),
      none: entry("F32", [0, 3], 21, 21),
      u: entry("U8", [3, 1], 21, 24),
    };
    const tensors = readSafetensors(file(header, data), "x");
    expect([...tensors.keys()]).toEqual(["byte", "scalar", "long", "none", "u"]);
    expect(tensors.get("byte")).toEqual({ dtype: "i8", shape: [1], data: Int8Array.of(-1) });
    expect(tensors.get("scalar")).toEqual({ dtype: "f32", shape: [], data: Float32Array.of(1.5) });
    expect(tensors.get("long")).toEqual({ dtype: "i32", shape: [2], data: Int32Array.of(-5, 7) });
    expect(tensors.get("none")).toEqual({ dtype: "f32", shape: [0, 3], data: new Float32Array(0) });
    expect(tensors.get("u")).toEqual({ dtype: "u8", shape: [3, 1], data: Uint8Array.of(1, 2, 255) });
  });

  it("reads from a pooled Buffer, whose slice() shares memory", () => {
    const bytes = file({ a: entry("I64", [1], 0, 8) }, new Uint8Array(BigInt64Array.of(3n).buffer));
    const pooled = Buffer.concat([Buffer.from([0]), bytes]).subarray(1);
    expect(readSafetensors(pooled, "x").get("a")!.data).toEqual(Int32Array.of(3));
  });

  it("takes __proto__ and constructor for names like any other", () => {
    const header =
      '{"__proto__": {"dtype":"U8","shape":[1],"data_offsets":[0,1]}, "constructor": {"dtype":"U8","shape":[1],"data_offsets":[1,2]}}';
    expect([...readSafetensors(file(header, [4, 5]), "x").keys()]).toEqual(["__proto__", "constructor"]);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each<[string, Uint8Array, string]>([
    ["an empty file", new Uint8Array(0), "header-length"],
    ["a header longer than the file", file("{}", [], 3n), "header-length"],
    ["a header length of 2^63", file("{}", [], 1n << 63n), "header-length"],
    ["a header that is not JSON", file("{"), "header-json"],
    ["a header that is not UTF-8", file("{}").map((b, i) => (i === 8 ? 0xff : b)), "header-json"],
    ["a header that is a list", file([]), "header-json"],
    ["an entry that is a number", file({ a: 3 }), "bad-entry"],
    ["a negative size", file({ a: entry("U8", [-1], 0, 0) }), "bad-entry"],
    ["a fractional size", file({ a: entry("U8", [0.5], 0, 0) }), "bad-entry"],
    ["no offsets", file({ a: { dtype: "U8", shape: [] } }), "bad-offsets"],
    ["offsets in the wrong order", file({ a: entry("U8", [1], 1, 0) }, [0]), "bad-offsets"],
    ["half-precision floats", file({ a: entry("F16", [1], 0, 2) }, [0, 0]), "unknown-dtype"],
    ["a type that is no text", file({ a: { dtype: 3, shape: [], data_offsets: [0, 0] } }), "unknown-dtype"],
    ["fewer bytes than the shape asks for", file({ a: entry("F32", [2], 0, 4) }, [0, 0, 0, 0]), "bad-offsets"],
    ["sizes whose product overflows", file({ a: entry("F32", [2 ** 40, 2 ** 40], 0, 4) }, [0, 0, 0, 0]), "bad-offsets"],
    ["overlapping tensors", file({ a: entry("U8", [2], 0, 2), b: entry("U8", [2], 1, 3) }, [0, 0, 0]), "bad-offsets"],
    ["a hole", file({ a: entry("U8", [1], 0, 1), b: entry("U8", [1], 2, 3) }, [0, 0, 0]), "bad-offsets"],
    ["data that is cut", file({ a: entry("U8", [2], 0, 2) }, [0]), "bad-offsets"],
    ["data left over", file({ a: entry("U8", [1], 0, 1) }, [0, 0]), "bad-offsets"],
    ["a 64-bit value that does not fit", file({ a: entry("I64", [1], 0, 8) }, [0, 0, 0, 0, 1, 0, 0, 0]), "value-range"],
  ])("refuses %s", (_, bytes, code) => {
    expect(codeOf(bytes)).toBe(code);
  });

  it("answers random damage with a typed error or a tensor, never with anything else", () => {
    const good = file({ a: entry("F32", [3], 0, 12), b: entry("I8", [5], 12, 17) }, new Uint8Array(17));
    const random = new Random(1);
    for (let i = 0; i < 2000; i++) {
      const bad = good.slice(0, random.int(0, 3) === 0 ? random.int(0, good.length) : good.length);
      if (bad.length > 0) for (let k = random.int(1, 3); k > 0; k--) bad[random.int(0, bad.length - 1)] = random.int(0, 255);
      expect(codeOf(bad)).toBeTypeOf("string");
    }
  });
});
