/** Scales, zero points and biases that ONNX Runtime would run with silently. */
import { describe, expect, it } from "vitest";
import { load } from "../../src/onnx/index.ts";
import { known, model, node, refusal } from "./refused.ts";

const scalar = (name: string, data: Float32Array | Uint8Array | Int8Array | Int32Array) => known(name, data, []);

/** QuantizeLinear of x [1, 4, 5, 6]. */
const quantized = (scale = Float32Array.of(0.5), zero: Uint8Array | Int8Array | Float32Array | Int32Array = Uint8Array.of(3), axis = 1) =>
  model([node("QuantizeLinear", ["x", "s", "z"], ["y"], { axis })], [
    known("s", scale, scale.length === 1 ? [] : undefined),
    known("z", zero, zero.length === 1 ? [] : undefined),
  ]); // prettier-ignore

describe("a scale is refused", () => {
  it.each([0, -0, -0.5, NaN, Infinity, -Infinity, 1e-39, -1e-45])("of %d", (value) => {
    expect(refusal(quantized(Float32Array.of(value)))).toMatchObject({ name: "QuantizationError", code: "bad-scale" });
  });

  it("also where it is one of many, of a weight, or of an output", () => {
    expect(refusal(quantized(Float32Array.of(1, 2, NaN, 4), new Uint8Array(4))).code).toBe("bad-scale");
    expect(refusal(layer({ wScale: Float32Array.of(1, 0) })).code).toBe("bad-scale");
    expect(refusal(layer({ yScale: Float32Array.of(NaN) })).code).toBe("bad-scale");
  });

  it("of wrong length, for any axis", () => {
    expect(refusal(quantized(Float32Array.of(1, 2, 3), new Uint8Array(3)))).toMatchObject({
      name: "QuantizationError",
      code: "bad-qparams",
    });
    expect(refusal(quantized(new Float32Array(4).fill(1), new Uint8Array(4), 2)).code).toBe("bad-qparams");
    expect(refusal(layer({ wScale: Float32Array.of(1, 1, 1) })).code).toBe("bad-qparams");
    expect(refusal(layer({ xScale: Float32Array.of(1, 1) })).code).toBe("bad-qparams");
  });

  it("along an axis that is none", () => {
    for (const axis of [4, -5, 2 ** 40])
      expect(refusal(quantized(new Float32Array(4).fill(1), new Uint8Array(4), axis))).toMatchObject({
        name: "ShapeError",
        code: "bad-attribute",
      });
  });

  it("not along the axis that the channels lie on", () => {
    const graph = load(quantized(Float32Array.of(1, 2, 3, 4), new Uint8Array(4)));
    expect(graph.nodes.at(-1)!.attrs["axis"]).toBe(1);
  });
});

describe("a zero point is refused", () => {
  it("of another type than what it is the zero of", () => {
    expect(refusal(layer({ xZero: Uint8Array.of(1) }))).toMatchObject({ name: "DTypeError", code: "dtype-mismatch" });
    expect(refusal(layer({ wZero: Uint8Array.of(1) })).code).toBe("dtype-mismatch");
    expect(refusal(layer({ xZero: Int32Array.of(1) })).code).toBe("dtype-mismatch");
  });

  it("of a type that nothing is quantized to", () => {
    expect(refusal(quantized(undefined, Float32Array.of(0))).problem).toContain("quantizing to float");
    expect(refusal(quantized(undefined, Int32Array.of(0))).problem).toContain("quantizing to int32");
  });

  it("of wrong length", () => {
    expect(refusal(quantized(undefined, Uint8Array.of(1, 2))).code).toBe("bad-qparams");
    expect(refusal(layer({ wZero: Int8Array.of(1, 2, 3) })).code).toBe("bad-qparams");
  });

  it("of int32 that is not 0", () => {
    const bytes = model(
      [node("DequantizeLinear", ["b", "s", "z"], ["b2"]), node("Add", ["x", "b2"], ["y"])],
      [known("b", Int32Array.of(1, 2)), scalar("s", Float32Array.of(1)), scalar("z", Int32Array.of(1))],
    );
    expect(refusal(bytes)).toMatchObject({ name: "QuantizationError", code: "bad-zero-point" });
  });
});

interface Given {
  readonly xScale?: Float32Array;
  readonly xZero?: Int8Array | Uint8Array | Int32Array;
  readonly wScale?: Float32Array;
  readonly wZero?: Int8Array | Uint8Array;
  readonly yScale?: Float32Array;
  readonly bias?: Int32Array | Float32Array;
  readonly weight?: Int8Array;
  readonly channels?: number;
}

/** QLinearConv of x i8 [1, channels, 5, 6] with 2 output channels. */
function layer({ channels = 4, ...given }: Given = {}): Uint8Array {
  const vector = (name: string, data: Float32Array | Int8Array | Uint8Array | Int32Array) =>
    known(name, data, data.length === 1 ? [] : undefined);
  return model(
    [node("QLinearConv", ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"], ["y"])],
    [
      vector("xs", given.xScale ?? Float32Array.of(0.5)),
      vector("xz", given.xZero ?? Int8Array.of(1)),
      known("w", given.weight ?? new Int8Array(2 * channels).fill(1), [2, channels, 1, 1]),
      vector("ws", given.wScale ?? Float32Array.of(0.25, 0.125)),
      vector("wz", given.wZero ?? Int8Array.of(0)),
      vector("ys", given.yScale ?? Float32Array.of(0.5)),
      vector("yz", Int8Array.of(1)),
      known("b", given.bias ?? Int32Array.of(1, 2)),
    ],
    { inputs: [{ name: "x", type: "i8", dims: [1, channels, 5, 6] }] },
  );
}

describe("an integer layer", () => {
  it("is loaded where all of it fits", () => {
    expect(load(layer()).nodes.map((n) => n.op.name)).toContain("qconv2d");
  });

  it("is refused with a bias of wrong length, of another type, or without room in the sum", () => {
    expect(refusal(layer({ bias: Int32Array.of(1, 2, 3) }))).toMatchObject({ name: "QuantizationError", code: "bad-bias" });
    expect(refusal(layer({ bias: Float32Array.of(1, 2) })).name).toBe("DTypeError");
    expect(refusal(layer({ bias: Int32Array.of(2 ** 31 - 1, 0) }))).toMatchObject({
      name: "QuantizationError",
      code: "accumulator-overflow",
    });
  });

  it("is refused where scales lie so far apart that no multiplier is left", () => {
    expect(refusal(layer({ xScale: Float32Array.of(1e38), wScale: Float32Array.of(1e30, 1), yScale: Float32Array.of(1e-37) })).name).toBe(
      "QuantizationError",
    );
  });
});
