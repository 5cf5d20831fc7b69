/** Files that are no protocol buffers, or not those of ONNX. */
import { describe, expect, it } from "vitest";
import { DataError } from "../../src/errors.ts";
import { load } from "../../src/onnx/index.ts";
import { read } from "../../src/onnx/wire.ts";
import { message, nodeProto, valueInfo, varint } from "../support/onnx.ts";
import { known, model, node, refusal, relu } from "./refused.ts";

const good = model([relu]);

describe("a file that is no ONNX model", () => {
  it("is refused when it is empty", () => {
    expect(refusal(new Uint8Array(0))).toMatchObject({ name: "DataError", problem: "the file is empty" });
  });

  it.each([
    ["text", new TextEncoder().encode("this is not an ONNX file, but a few words in a row\n")],
    ["JSON", new TextEncoder().encode('{"ir_version": 8, "graph": {}}')],
    ["zeros", new Uint8Array(100)],
    ["a picture", Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])],
  ])("is refused when it is %s", (_, bytes) => {
    expect(refusal(bytes)).toBeInstanceOf(DataError);
  });

  it("is refused wherever it is cut", () => {
    const bytes = model([node("Conv", ["x", "w"], ["y"], { pads: [1, 1, 1, 1] })], [known("w", new Float32Array(36), [1, 4, 3, 3])]);
    for (let length = 0; length < bytes.length; length++)
      expect(["DataError", "GraphError"], `${length} bytes`).toContain(refusal(bytes.slice(0, length)).name);
  });
});

describe("what is loaded", () => {
  it("may be a Uint8Array anywhere in its buffer, Node's Buffer, an ArrayBuffer, shared memory", () => {
    const shifted = new Uint8Array(good.length + 3);
    shifted.set(good, 3);
    const shared = new Uint8Array(new SharedArrayBuffer(good.length));
    shared.set(good);
    for (const bytes of [good, shifted.subarray(3), Buffer.from(good), good.slice().buffer, shared])
      expect(load(bytes).inputs).toEqual(["x"]);
  });

  it("is refused where it is detached or no bytes at all", () => {
    const gone = good.slice();
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    expect(refusal(gone)).toMatchObject({ problem: "the file is empty" });
    for (const nothing of [undefined, null, "model.onnx", [8, 8], {}] as unknown[])
      expect(refusal(nothing as Uint8Array)).toMatchObject({ name: "UsageError", where: "onnx.load" });
  });
});

describe("a message", () => {
  const schema = { number: [1, "int"], text: [2, "text"], list: [3, "ints"], floats: [4, "floats"], inner: [5, "bytes"] } as const;
  const reading = (...bytes: number[]) => read(schema, Uint8Array.from(bytes), "test");

  it("holds numbers of 64 bits, of either sign", () => {
    const of = (value: number) => reading(8, ...varint(value)).number;
    expect([0, 1, 127, 128, 2 ** 31, 2 ** 53 - 1, -1, -(2 ** 31), -(2 ** 53)].map(of)).toEqual([
      0,
      1,
      127,
      128,
      2 ** 31,
      2 ** 53 - 1,
      -1,
      -(2 ** 31),
      -(2 ** 53),
    ]);
    expect(reading(8, ...Array<number>(9).fill(255), 1).number).toBe(-1);
    expect(reading(8, ...varint(2 ** 62)).number).toBe(2 ** 62);
  });

  it("is refused with an over-long number", () => {
    expect(() => reading(8, ...Array<number>(10).fill(255), 1)).toThrow("more than 10 bytes");
    expect(() => reading(8, ...Array<number>(9).fill(255), 2)).toThrow("more than 64 bits");
    expect(() => reading(8, 255)).toThrow("ends within a number");
  });

  it("is refused with a length beyond the rest, negative lengths among them", () => {
    expect(() => reading(2 * 8 + 2, 5, 65)).toThrow("longer than what is left (got 5 bytes at 2 of 3)");
    expect(() => reading(2 * 8 + 2, ...varint(2 ** 40), 65)).toThrow("longer than what is left");
    expect(() => reading(2 * 8 + 2, ...varint(-1))).toThrow("longer than what is left");
    expect(() => reading(9 * 8 + 5, 1, 2)).toThrow("longer than what is left");
  });

  it("is refused with groups, nested 10,000 deep or not", () => {
    expect(() => reading(...Array<number>(10_000).fill(9 * 8 + 3))).toThrow("holds a group");
    expect(() => reading(9 * 8 + 4)).toThrow("holds a group");
    expect(() => reading(9 * 8 + 6)).toThrow("of no known kind");
    expect(() => reading(0)).toThrow("a field has no number");
  });

  it("nested 10,000 deep in a field that nobody asks for is skipped", () => {
    let inner = message([5, new Uint8Array(0)]);
    for (let i = 0; i < 10_000; i++) inner = message([5, inner.length < 60_000 ? inner : inner.slice(0, 60_000)]);
    expect(read(schema, message([1, 7], [77, inner]), "test").number).toBe(7);
  });

  it("is refused with text that is not UTF-8", () => {
    expect(() => reading(2 * 8 + 2, 2, 0xc3, 0x28)).toThrow("a text is not UTF-8");
    expect(() => reading(2 * 8 + 2, 3, 0xed, 0xa0, 0x80)).toThrow("a text is not UTF-8");
  });

  it("is refused with a field of another kind, or one twice that may stand once", () => {
    expect(() => reading(1 * 8 + 2, 1, 0)).toThrow("number is stored in the wrong way");
    expect(() => reading(2 * 8, 5)).toThrow("text is stored in the wrong way");
    expect(() => reading(8, 5, 8, 6)).toThrow("number is given twice");
    expect(() => reading(5 * 8 + 2, 0, 5 * 8 + 2, 0)).toThrow("inner is given twice");
  });

  it("mixes packed lists and single elements", () => {
    expect(reading(24, 1, 26, 3, 2, 3, 4, 24, 5).list).toEqual([1, 2, 3, 4, 5]);
    expect(read(schema, message([4, new Uint8Array(Float32Array.of(1.5, 2.5).buffer)], [4, { float: 3.5 }]), "test").floats).toEqual([
      1.5, 2.5, 3.5,
    ]);
    expect(() => reading(26, 2, 128, 128)).toThrow("ends within a number");
    expect(() => reading(34, 3, 0, 0, 0)).toThrow("longer than what is left");
  });
});

describe("a model", () => {
  it("may have fields that are not known", () => {
    const extra = [
      [50, 7],
      [51, "words"],
      [52, { float: 1 }],
      [53, new Uint8Array(1000)],
    ] as const;
    expect(load(model([relu], [], { extra, graphExtra: extra })).nodes).toHaveLength(1);
  });

  it("is refused with two graphs", () => {
    expect(refusal(Uint8Array.from([...good, ...message([7, message([2, "other"])])]))).toMatchObject({ problem: "graph is given twice" });
  });

  it("with names of a megabyte is loaded; a message shows the beginning of one", () => {
    const name = "n".repeat(2 ** 20);
    const inputs = [{ name, type: "f32", dims: [1, 2] }] as const;
    expect(load(model([node("Relu", [name], ["y"])], [], { inputs })).inputs).toEqual([name]);
    expect(refusal(model([node("Relu", [`${name}2`], ["y"])], [], { inputs })).message.length).toBeLessThan(300);
    expect(refusal(model([node(name, ["x"], ["y"])])).message.length).toBeLessThan(400);
  });

  it("is refused with names that are not UTF-8", () => {
    const bytes = nodeProto(relu);
    const at = bytes.indexOf("x".charCodeAt(0));
    bytes[at] = 0xff;
    const graph = message(
      [1, bytes],
      [11, valueInfo({ name: "x", type: "f32", dims: [1] })],
      [12, valueInfo({ name: "y", type: "f32", dims: [] })],
    );
    expect(refusal(message([1, 8], [7, graph], [8, message([2, 13])]))).toMatchObject({ problem: "a text is not UTF-8", where: "node 0" });
  });

  it.each([0, 999, -1])("is refused with IR version %i", (version) => {
    const graph = message([1, nodeProto(relu)]);
    expect(refusal(message([1, version], [7, graph], [8, message([2, 13])]))).toMatchObject({
      problem: "the version of the format is none",
    });
  });

  it.each([0, 999, -1])("is refused with operator set %i", (opset) => {
    expect(refusal(model([relu], [], { opset }))).toMatchObject({ problem: 'the operator set "ai.onnx" has no such version' });
  });

  it("is refused without any operator set, with one twice, and without a graph", () => {
    expect(refusal(message([1, 8], [7, new Uint8Array(0)]))).toMatchObject({ problem: "no operator set is imported" });
    expect(refusal(Uint8Array.from([...good, ...message([8, message([1, "ai.onnx"], [2, 12])])])).problem).toContain("imported twice");
    expect(refusal(message([1, 8]))).toMatchObject({ problem: "the file holds no graph" });
  });
});
