/** Tensors that cannot be what they say, and contents that are elsewhere. */
import { describe, expect, it } from "vitest";
import { load } from "../../src/onnx/index.ts";
import { readTensor } from "../../src/onnx/tensor.ts";
import { message, type Field } from "../support/onnx.ts";
import { known, model, node, refusal } from "./refused.ts";

const refused = (...fields: readonly Field[]) =>
  refusal(model([node("Add", ["x", "t"], ["y"])], [], { graphExtra: [[5, message(...fields)]] }));
const raw = (length: number): Field => [9, new Uint8Array(length)];
const named: Field = [8, "t"];
const [FLOAT, INT64, STRING, BOOL] = [1, 7, 8, 9];

describe("a tensor is refused", () => {
  it.each<readonly [string, readonly Field[], string]>([
    ["with a negative size", [[1, -1], [2, FLOAT], named, raw(4)], "a size is none"],
    ["with sizes whose product overflows", [[1, 2 ** 40], [1, 2 ** 40], [2, FLOAT], named, raw(4)], "more elements than can be counted"],
    ["with sizes that wrap around to what is there", [[1, 2 ** 32 + 1], [2, FLOAT], named, raw(4)], "more elements than can be counted"],
    ["that declares 8 GB and holds 16 bytes", [[1, 2 ** 31 - 1], [2, FLOAT], named, raw(16)], "do not fill the shape"],
    ["with a size of 0 that hides others", [[1, 0], [1, 2 ** 40], [2, FLOAT], named], "more elements than can be counted"],
    ["with raw data too short", [[1, 4], [2, FLOAT], named, raw(15)], "do not fill the shape"],
    ["with raw data too long", [[1, 4], [2, FLOAT], named, raw(17)], "do not fill the shape"],
    ["without contents", [[1, 4], [2, FLOAT], named], "do not fill the shape"],
    ["with raw data doubled by float_data", [[1, 1], [2, FLOAT], named, raw(4), [4, { float: 1 }]], "in more than one place"],
    ["with contents in the list of another type", [[1, 1], [2, FLOAT], named, [7, 1]], "in the wrong one"],
    ["with dtype 0", [[1, 1], [2, 0], named, raw(4)], "element type that is not read"],
    ["with dtype 99", [[1, 1], [2, 99], named, raw(4)], "element type that is not read"],
    ["without dtype", [[1, 1], named, raw(4)], "element type that is not read"],
    ["of strings", [[1, 1], [2, STRING], named, [6, "words"]], "element type that is not read"],
    ["with a value that its type does not have", [[1, 1], [2, BOOL], named, [5, 2]], "a value that bool does not have"],
    ["without a name", [[1, 1], [2, FLOAT], raw(4)], "has no name"],
    ["in segments", [[1, 1], [2, FLOAT], named, raw(4), [3, new Uint8Array(0)]], "is a segment of a tensor"],
    ["of 40 axes", [...Array.from({ length: 40 }, () => [1, 1] as const), [2, FLOAT], named, raw(4)], "along at most 32 axes"],
    ["of int64 beyond 32 bits", [[1, 1], [2, INT64], named, [7, 2 ** 40]], "not supported here"],
  ])("%s", (_, fields, words) => {
    expect(refused(...fields).message).toContain(words);
  });

  it("when it is sparse", () => {
    expect(refusal(model([node("Relu", ["x"], ["y"])], [], { graphExtra: [[15, new Uint8Array(0)]] })).problem).toBe(
      "has sparse initializers",
    );
  });

  it("before anything is allocated for it", () => {
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 50; i++) refused([1, 2 ** 31 - 1], [2, FLOAT], named, raw(16));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  });
});

describe("a tensor", () => {
  it("without elements is read", () => {
    expect(readTensor(message([1, 0], [1, 3], [2, FLOAT]), "t").tensor).toEqual({
      type: "float",
      shape: [0, 3],
      data: new Float32Array(0),
    });
  });

  it("may be at any address: raw data are not aligned", () => {
    const data = new Uint8Array(Float32Array.of(1.5, -2).buffer);
    for (let shift = 0; shift < 4; shift++) {
      const bytes = message([12, "d".repeat(shift)], [1, 2], [2, FLOAT], [9, data]);
      expect([...readTensor(bytes, "t").tensor.data]).toEqual([1.5, -2]);
    }
  });

  it("named __proto__ or constructor is a tensor like any other", () => {
    const graph = load(
      model([node("Add", ["__proto__", "constructor"], ["y"])], [known("constructor", new Float32Array(4), [1, 4])], {
        inputs: [{ name: "__proto__", type: "f32", dims: [2, 4] }],
      }),
    );
    expect(graph.inputs).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>)["shape"]).toBeUndefined();
  });
});

describe("contents in another file", () => {
  const entry = (key: string, value: string): Field => [13, message([1, key], [2, value])];
  it.each([
    ["beside the model", "weights.bin"],
    ["above it", "../../etc/passwd"],
    ["at an absolute path", "/etc/passwd"],
    ["on another drive", "C:\\weights.bin"],
    ["behind a backslash", "..\\weights.bin"],
    ["with NUL in the name", "weights.bin\0.txt"],
    ["at an address", "https://example.com/weights.bin"],
    ["without a name", ""],
  ])("%s are refused, and nothing is opened", (_, location) => {
    expect(refused([1, 4], [2, FLOAT], named, entry("location", location), [14, 1])).toMatchObject({
      name: "DataError",
      code: "external-data",
    });
  });

  it("with bad offsets, lengths or keys are refused alike", () => {
    for (const [key, value] of [
      ["offset", "-1"],
      ["length", "1e99"],
      ["__proto__", "polluted"],
    ] as const)
      expect(refused([1, 4], [2, FLOAT], named, entry("location", "w"), entry(key, value), [14, 1]).code).toBe("external-data");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("are refused also where only one of the two fields says so", () => {
    expect(refused([1, 4], [2, FLOAT], named, raw(16), [14, 1]).code).toBe("external-data");
    expect(refused([1, 4], [2, FLOAT], named, raw(16), entry("location", "w")).code).toBe("external-data");
  });
});
