/** Attributes of convolutions and pools that no window has. */
import { describe, expect, it } from "vitest";
import { load } from "../../src/onnx/index.ts";
import type { OnnxNode } from "../support/onnx.ts";
import { known, model, node, refusal } from "./refused.ts";

type Attributes = OnnxNode["attributes"];

/** A convolution of x [1, 4, 5, 6] with a 3 x 3 kernel. */
const conv = (attributes: Attributes, channels = 4) =>
  model([node("Conv", ["x", "w"], ["y"], attributes)], [known("w", new Float32Array(channels * 36), [4, channels, 3, 3])]);
const pool = (op: string, attributes: Attributes) => model([node(op, ["x"], ["y"], { kernel_shape: [2, 2], ...attributes })]);

const both: readonly (readonly [string, Attributes])[] = [
  ["stride 0", { strides: [0, 1] }],
  ["stride -1", { strides: [-1, 1] }],
  ["strides of one number", { strides: [1] }],
  ["pads negative", { pads: [0, 0, -1, 0] }],
  ["pads huge", { pads: [2 ** 31, 0, 0, 0] }],
  ["pads that together are huge", { pads: [2 ** 30, 2 ** 30, 2 ** 30, 2 ** 30] }],
  ["pads of two numbers", { pads: [1, 1] }],
  ["pads of six numbers", { pads: [1, 1, 1, 1, 1, 1] }],
  ["auto_pad together with pads", { auto_pad: "SAME_UPPER", pads: [1, 1, 1, 1] }],
  ["an auto_pad that is unknown", { auto_pad: "SAME" }],
  ["a kernel larger than the padded image", { kernel_shape: [9, 9] }],
  ["a kernel_shape of 0", { kernel_shape: [0, 2] }],
  ["a kernel_shape of three numbers", { kernel_shape: [2, 2, 2] }],
];

describe("a convolution is refused with", () => {
  it.each([
    ...both,
    ["dilation 0", { dilations: [0, 1] }] as const,
    ["dilations that reach beyond the image", { dilations: [5, 5] }] as const,
    ["dilations beyond counting", { dilations: [2 ** 31, 1] }] as const,
    ["a kernel_shape that is not the weight's", { kernel_shape: [3, 2] }] as const,
    ["group 0", { group: 0 }] as const,
    ["group -1", { group: -1 }] as const,
    ["a group that does not divide the channels", { group: 3 }] as const,
    ["a group that the weight is not made for", { group: 2 }] as const,
  ])("%s", (_, attributes) => {
    expect(refusal(conv(attributes)).name).toBe("ShapeError");
  });

  it("a weight for other channels, of other axes, or a bias of another length", () => {
    expect(refusal(conv({}, 3)).name).toBe("ShapeError");
    expect(refusal(model([node("Conv", ["x", "w"], ["y"])], [known("w", new Float32Array(16), [4, 4])])).name).toBe("ShapeError");
    const bytes = model(
      [node("Conv", ["x", "w", "b"], ["y"])],
      [known("w", new Float32Array(16), [4, 4, 1, 1]), known("b", new Float32Array(3))],
    );
    expect(refusal(bytes).name).toBe("ShapeError");
  });
});

describe.each(["MaxPool", "AveragePool"])("%s is refused with", (op) => {
  it.each([...both, ["ceil_mode 2", { ceil_mode: 2 }] as const, ["a padding that windows lie in", { pads: [3, 3, 3, 3] }] as const])(
    "%s",
    (_, attributes) => {
      expect(["ShapeError", "GraphError"]).toContain(refusal(pool(op, attributes)).name);
    },
  );

  it("no kernel_shape", () => {
    expect(refusal(model([node(op, ["x"], ["y"])])).problem).toBe("kernel_shape is not given");
  });
});

describe("what would fill the memory", () => {
  it("is refused: a padding and a size of gigabytes", () => {
    const pads = (mode: string, by: bigint) =>
      model([node("Pad", ["x", "p"], ["y"], { mode })], [known("p", BigInt64Array.of(0n, 0n, by, 0n, 0n, 0n, 0n, 0n))]);
    for (const mode of ["constant", "edge", "reflect"])
      for (const by of [2n ** 30n, 2n ** 40n, 2n ** 62n]) expect(refusal(pads(mode, by)).name).toMatch(/^(Shape|Graph)Error$/);
    const sizes = (mode: string, to: bigint) =>
      model([node("Resize", ["x", "", "", "s"], ["y"], { mode })], [known("s", BigInt64Array.of(1n, 4n, to, 6n))]);
    for (const mode of ["nearest", "linear", "cubic"])
      for (const to of [2n ** 30n, 2n ** 40n, 2n ** 62n]) expect(refusal(sizes(mode, to)).name).toMatch(/^(Shape|Graph)Error$/);
  });
});

describe("what windows may be", () => {
  it("padded by another number of pixels on each side: ONNX counts all begins, then all ends", () => {
    const graph = load(conv({ pads: [1, 2, 3, 4], strides: [2, 1], dilations: [1, 2] }));
    expect(graph.nodes.at(-2)!.attrs).toMatchObject({ padding: [1, 3, 2, 4], stride: [2, 1], dilation: [1, 2] });
    expect([...graph.outputs.values()].map((v) => graph.types.get(v)!.shape)).toEqual([[1, 4, 4, 8]]);
  });

  it("auto_pad without pads, or with pads that are 0", () => {
    const shape = (bytes: Uint8Array) => [...load(bytes).types.values()].at(-1)!.shape;
    for (const pads of [undefined, [0, 0, 0, 0]])
      expect(shape(conv({ auto_pad: "SAME_LOWER", strides: [2, 2], ...(pads && { pads }) }))).toEqual([1, 4, 3, 3]);
    expect(shape(conv({ auto_pad: "VALID" }))).toEqual([1, 4, 3, 4]);
  });
});
