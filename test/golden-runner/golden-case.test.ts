import { describe, expect, it } from "vitest";
import { tensor, type Tensor } from "../../src/tensor/index.ts";
import { number, only, optional, pair, parseCase, readAttrs, readInputs, Refused, type GoldenCase } from "./golden-case.ts";
import { channelsFirst, channelsLast, permute, toSigned, toUnsigned } from "./layout.ts";

const tensors = new Map<string, Tensor>([
  ["x", tensor("f32", [1], [1])],
  ["i", tensor("i32", [1], [1])],
]);
const entry = { name: "case000", tag: "t", op: "conv2d", attrs: {}, inputs: { x: "x" }, outputs: { y: "x" }, tolerance: { y: 0 } };
const caseWith = (change: object): GoldenCase => parseCase("topic", 0, { ...entry, ...change }, tensors);

describe("parseCase", () => {
  it.each([
    ["no object", 3],
    ["no op", { ...entry, op: undefined }],
    ["no tolerance for an output", { ...entry, tolerance: {} }],
    ["an unknown tolerance", { ...entry, tolerance: { y: "loose" } }],
    ["a tensor name that is a number", { ...entry, inputs: { x: 3 } }],
  ])("refuses %s", (_, bad) => {
    expect(() => parseCase("topic", 0, bad, tensors)).toThrow("topic.json cases[0]");
  });
});

describe("readAttrs", () => {
  const spec = { stride: pair, dilation: only([1, 1]), eps: optional(number, 1e-8) };
  it("returns what was asked for, with values for what may be absent", () => {
    expect(readAttrs(caseWith({ attrs: { stride: [2, 1], dilation: [1, 1] } }), spec)).toEqual({
      stride: [2, 1],
      dilation: undefined,
      eps: 1e-8,
    });
  });
  it.each([
    ["attribute transposed is not known", { stride: [1, 1], dilation: [1, 1], transposed: false }],
    ["dilation [2,1] is not offered", { stride: [1, 1], dilation: [2, 1] }],
    ["attribute stride is not a pair of numbers", { stride: 1, dilation: [1, 1] }],
    ["attribute __proto__ is not known", JSON.parse('{"stride":[1,1],"dilation":[1,1],"__proto__":1}') as object],
  ])("refuses: %s", (message, attrs) => {
    expect(() => readAttrs(caseWith({ attrs }), spec)).toThrow(new Refused(message));
  });
  it("takes a missing attribute for a fault of the data", () => {
    expect(() => readAttrs(caseWith({ attrs: { stride: [1, 1] } }), spec)).toThrow("has no attribute dilation");
  });
});

describe("readInputs", () => {
  it("reads roles, optional roles and numbered roles", () => {
    const c = caseWith({ inputs: { x: "x", g1: "x", g2: "x" } });
    const { x, b, g } = readInputs(c, { x: "f32", "b?": "f32", "g#1": "f32" });
    expect([x.dtype, b, g.length]).toEqual(["f32", undefined, 2]);
  });
  it.each([
    ["input w is not known", { x: "x", w: "x" }],
    ["x as i32 is not offered", { x: "i" }],
  ])("refuses: %s", (message, inputs) => {
    expect(() => readInputs(caseWith({ inputs }), { x: "f32" })).toThrow(new Refused(message));
  });
  it("refuses a numbered role after a gap", () => {
    expect(() => readInputs(caseWith({ inputs: { g1: "x", g3: "x" } }), { "g#1": "f32" })).toThrow(new Refused("input g3 is not known"));
  });
  it("takes a missing role or tensor for a fault of the data", () => {
    expect(() => readInputs(caseWith({ inputs: {} }), { x: "f32" })).toThrow("has no input x");
    expect(() => readInputs(caseWith({ inputs: {} }), { "g#1": "f32" })).toThrow("has no input g1");
    expect(() => readInputs(caseWith({ inputs: { x: "gone" } }), { x: "f32" })).toThrow("lacks");
  });
});

describe("layouts", () => {
  const t = tensor(
    "i32",
    [2, 3, 5, 7],
    Int32Array.from({ length: 210 }, (_, i) => i),
  );
  it("moves channels last and back", () => {
    const nhwc = channelsLast(t);
    expect(nhwc.shape).toEqual([2, 5, 7, 3]);
    // [n, h, w, c] = [1, 4, 2, 1] is [1, 1, 4, 2] of the original: 105 + 35 + 28 + 2.
    expect(nhwc.data[((1 * 5 + 4) * 7 + 2) * 3 + 1]).toBe(170);
    expect(channelsFirst(nhwc)).toEqual(t);
  });
  it("permutes nothing of rank 0 and of empty tensors", () => {
    expect(permute(tensor("f32", [], [4]), [])).toEqual(tensor("f32", [], [4]));
    expect(permute(tensor("f32", [0, 3], []), [1, 0])).toEqual(tensor("f32", [3, 0], []));
  });
  it("turns u8 into i8 by 0x80 and back", () => {
    const u = tensor("u8", [4], [0, 127, 128, 255]);
    expect(toSigned(u).data).toEqual(Int8Array.of(-128, -1, 0, 127));
    expect(toUnsigned(toSigned(u))).toEqual(u);
  });
});
