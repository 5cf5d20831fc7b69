/** What the float ops refuse, and what they say: class, code, where, expected, got. */
import { describe, expect, it } from "vitest";
import { DTypeError, ShapeError, type Dot4Error } from "../../src/errors.ts";
import { ops, type Attrs, type OpDef, type Types } from "../../src/ops/index.ts";
import { f32, i32, i8, type TensorType } from "../../src/tensor/index.ts";

const x = f32(["n", 28, 28, 8]);
const weight = f32([16, 3, 3, 8]);
const flat = f32([3, 7]);

const refused: readonly (readonly [what: string, op: OpDef, types: Types, attrs: Attrs, error: typeof Dot4Error, code: string])[] = [
  ["channels that differ", ops.conv2d, { x, weight: f32([16, 3, 3, 4]) }, {}, ShapeError, "channel-mismatch"],
  ["an image without batch", ops.conv2d, { x: f32([28, 28, 8]), weight }, {}, ShapeError, "rank-mismatch"],
  ["integers", ops.conv2d, { x: i8([1, 28, 28, 8]), weight }, {}, DTypeError, "dtype-mismatch"],
  ["a bias of another length", ops.conv2d, { x, weight, bias: f32([8]) }, {}, ShapeError, "shape-mismatch"],
  ["stride 0", ops.conv2d, { x, weight }, { stride: [0, 1] }, ShapeError, "bad-attribute"],
  ["a fractional stride", ops.conv2d, { x, weight }, { stride: [1, 1.5] }, ShapeError, "bad-attribute"],
  ["one stride for two axes", ops.conv2d, { x, weight }, { stride: [1] }, ShapeError, "bad-attribute"],
  ["negative padding", ops.conv2d, { x, weight }, { padding: [0, 0, -1, 0] }, ShapeError, "bad-attribute"],
  ["padding of two numbers", ops.conv2d, { x, weight }, { padding: [1, 1] }, ShapeError, "bad-attribute"],
  ["a kernel larger than the image", ops.conv2d, { x: f32([1, 2, 9, 8]), weight }, {}, ShapeError, "kernel-too-large"],
  ["an activation that is none", ops.conv2d, { x, weight }, { activation: "gelu" }, ShapeError, "bad-attribute"],
  ["a symbolic height", ops.conv2d, { x: f32([1, "h", 28, 8]), weight }, {}, ShapeError, "symbolic-size"],
  [
    "dy of another size",
    ops.conv2dBackwardInput,
    { dy: f32([1, 26, 25, 16]), weight },
    { inputSize: [28, 28] },
    ShapeError,
    "shape-mismatch",
  ],
  ["dy of another batch", ops.conv2dBackwardWeight, { x, dy: f32([2, 26, 26, 16]) }, { kernel: [3, 3] }, ShapeError, "shape-mismatch"],
  ["features that differ", ops.linear, { x: flat, weight: f32([5, 8]) }, {}, ShapeError, "channel-mismatch"],
  ["a weight of rank 3", ops.linear, { x: flat, weight: f32([5, 7, 1]) }, {}, ShapeError, "rank-mismatch"],
  ["shapes that do not broadcast", ops.add, { a: flat, b: f32([3]) }, {}, ShapeError, "broadcast-mismatch"],
  ["a symbolic axis against a number", ops.add, { a: f32(["n", 7]), b: flat }, {}, ShapeError, "broadcast-mismatch"],
  ["seven axes to broadcast", ops.add, { a: f32([1, 1, 1, 1, 1, 1, 7]), b: flat }, {}, ShapeError, "rank-mismatch"],
  ["a sum to a larger shape", ops.sumToSize, { x: flat }, { shape: [3, 14] }, ShapeError, "broadcast-mismatch"],
  [
    "a window in the padding alone",
    ops.maxPool2d,
    { x },
    { kernel: [2, 2], stride: [2, 2], padding: [2, 0, 0, 0] },
    ShapeError,
    "bad-attribute",
  ],
  ["axes in the wrong order", ops.flatten, { x }, { startDim: 3, endDim: 1 }, ShapeError, "bad-attribute"],
  ["a symbolic axis to merge", ops.flatten, { x }, { startDim: 0 }, ShapeError, "symbolic-size"],
  ["sizes of another product", ops.unflatten, { x: flat }, { dim: 1, sizes: [2, 4] }, ShapeError, "shape-mismatch"],
  ["labels of another length", ops.softmaxCrossEntropy, { logits: flat, labels: i32([4]) }, {}, ShapeError, "shape-mismatch"],
  ["labels that are not i32", ops.softmaxCrossEntropy, { logits: flat, labels: f32([3]) }, {}, DTypeError, "dtype-mismatch"],
  ["label smoothing of 2", ops.softmaxCrossEntropy, { logits: flat, labels: i32([3]) }, { labelSmoothing: 2 }, ShapeError, "bad-attribute"],
  ["an unknown reduction", ops.softmaxCrossEntropy, { logits: flat, labels: i32([3]) }, { reduction: "max" }, ShapeError, "bad-attribute"],
  ["beta2 of 1", ops.adam, adam(flat), { beta2: 1 }, ShapeError, "bad-attribute"],
  ["a gradient of another shape", ops.adam, { ...adam(flat), gradient: f32([7, 3]) }, {}, ShapeError, "shape-mismatch"],
  ["a learning rate per element", ops.sgd, { ...adam(flat), lr: flat }, {}, ShapeError, "shape-mismatch"],
  [
    "a momentum of NaN",
    ops.sgd,
    { parameter: flat, gradient: flat, lr: f32([1]), step: i32([1]) },
    { momentum: NaN },
    ShapeError,
    "bad-attribute",
  ],
  ["a step that is not i32", ops.checkFinite, { x: flat, firstBad: i32([1]), step: f32([1]) }, {}, DTypeError, "dtype-mismatch"],
];

function adam(t: TensorType): Types {
  return { parameter: t, gradient: t, expAvg: t, expAvgSq: t, lr: f32([1]), step: i32([1]) };
}

const infer = (op: OpDef, types: Types, attrs: Attrs): unknown => op.infer(types, { ...op.defaults, ...attrs }, `${op.name} "layer"`);

describe("float ops refuse", () => {
  for (const [what, op, types, attrs, error, code] of refused)
    it(`${op.name}: ${what}`, () => {
      const thrown = ((): unknown => {
        try {
          return infer(op, types, attrs);
        } catch (e) {
          return e;
        }
      })();
      expect(thrown).toBeInstanceOf(error);
      expect(thrown).toMatchObject({ code, where: `${op.name} "layer"` });
    });

  it("says what it got and what it expected", () => {
    expect(() => infer(ops.conv2d, { x, weight: f32([32, 3, 3, 16]) }, {})).toThrow(
      'conv2d "layer": x has 8 channels, weight expects 16 (expected weight [oc, kh, kw, 8], got x f32 [n, 28, 28, 8] as [n, h, w, c], weight f32 [32, 3, 3, 16])',
    );
  });
});

describe("float ops infer", () => {
  it("a symbolic batch", () => {
    expect(infer(ops.conv2d, { x, weight }, { stride: [2, 2], padding: [1, 1, 1, 1] })).toEqual({ y: f32(["n", 14, 14, 16]) });
    expect(infer(ops.linear, { x: f32(["n", 5, 7]), weight: f32([11, 7]) }, {})).toEqual({ y: f32(["n", 5, 11]) });
    expect(infer(ops.add, { a: f32(["n", 1, 7]), b: f32([5, 1]) }, {})).toEqual({ y: f32(["n", 5, 7]) });
    expect(infer(ops.sumToSize, { x: f32(["n", 5, 7]) }, { shape: [-1, 1, 7] })).toEqual({ y: f32(["n", 1, 7]) });
    expect(infer(ops.flatten, { x }, {})).toEqual({ y: f32(["n", 6272]) });
  });
});
