/** What the float ops refuse, and what they say: class, code, where, expected, got. */
import { describe, expect, it } from "vitest";
import { DTypeError, ShapeError, type Dot4Error } from "../../src/errors.ts";
import { bind, GraphBuilder } from "../../src/graph/index.ts";
import { ops, type Attrs, type OpDef, type Types } from "../../src/ops/index.ts";
import { f32, i32, i8, type TensorType } from "../../src/tensor/index.ts";

const x = f32(["n", 28, 28, 8]);
const weight = f32([16, 3, 3, 8]);
const flat = f32([3, 7]);
const norm = { x: f32(["n", 1, 1, 7]), runningMean: f32([7]), runningVar: f32([7]) };

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
  ["groups 0", ops.conv2d, { x, weight }, { groups: 0 }, ShapeError, "bad-attribute"],
  ["groups -1", ops.conv2d, { x, weight }, { groups: -1 }, ShapeError, "bad-attribute"],
  ["groups of 1.5", ops.conv2d, { x, weight }, { groups: 1.5 }, ShapeError, "bad-attribute"],
  ["groups that do not divide x", ops.conv2d, { x, weight: f32([16, 3, 3, 2]) }, { groups: 16 }, ShapeError, "bad-attribute"],
  ["groups that do not divide y", ops.conv2d, { x, weight: f32([6, 3, 3, 2]) }, { groups: 4 }, ShapeError, "bad-attribute"],
  ["a weight for all channels of x in a group", ops.conv2d, { x, weight }, { groups: 2 }, ShapeError, "channel-mismatch"],
  ["a weight of integers", ops.conv2d, { x, weight: i8([16, 3, 3, 8]) }, {}, DTypeError, "dtype-mismatch"],
  ["dilation 0", ops.conv2d, { x, weight }, { dilation: [1, 0] }, ShapeError, "bad-attribute"],
  ["one dilation for two axes", ops.conv2d, { x, weight }, { dilation: [2] }, ShapeError, "bad-attribute"],
  ["taps that reach beyond the image", ops.conv2d, { x, weight }, { dilation: [1, 14] }, ShapeError, "kernel-too-large"],
  [
    "groups that do not divide dy",
    ops.conv2dBackwardInput,
    { dy: f32([1, 26, 26, 16]), weight },
    { groups: 3, inputSize: [28, 28] },
    ShapeError,
    "bad-attribute",
  ],
  [
    "groups that do not divide x",
    ops.conv2dBackwardWeight,
    { x: f32([1, 28, 28, 8]), dy: f32([1, 26, 26, 15]) },
    { groups: 3, kernel: [3, 3] },
    ShapeError,
    "bad-attribute",
  ],
  ["a vector", ops.batchNorm2d, { ...norm, x: f32([7]) }, {}, ShapeError, "rank-mismatch"],
  ["integers", ops.batchNorm2d, { ...norm, x: i8([2, 3, 3, 7]) }, {}, DTypeError, "dtype-mismatch"],
  ["a running mean of another length", ops.batchNorm2d, { ...norm, runningMean: f32([8]) }, {}, ShapeError, "shape-mismatch"],
  ["a running variance per pixel", ops.batchNorm2d, { ...norm, runningVar: f32([3, 7]) }, {}, ShapeError, "shape-mismatch"],
  ["a weight of another length", ops.batchNorm2d, { ...norm, weight: f32([6]) }, {}, ShapeError, "shape-mismatch"],
  ["an integer bias", ops.batchNorm2d, { ...norm, bias: i32([7]) }, {}, DTypeError, "dtype-mismatch"],
  ["an input scale of another length", ops.batchNorm2d, { ...norm, inputScale: f32([1]) }, {}, ShapeError, "shape-mismatch"],
  ["eps 0", ops.batchNorm2d, norm, { eps: 0 }, ShapeError, "bad-attribute"],
  ["eps NaN", ops.batchNorm2d, norm, { eps: NaN }, ShapeError, "bad-attribute"],
  ["a momentum of 1.5", ops.batchNorm2d, norm, { momentum: 1.5 }, ShapeError, "bad-attribute"],
  ["a momentum of -0.1", ops.batchNorm2d, norm, { momentum: -0.1 }, ShapeError, "bad-attribute"],
  ["a cumulative average without step", ops.batchNorm2d, norm, { momentum: null }, ShapeError, "missing-input"],
  ["a step in f32", ops.batchNorm2d, { ...norm, step: f32([1]) }, { momentum: null }, DTypeError, "dtype-mismatch"],
  ["training that is no flag", ops.batchNorm2d, norm, { training: "yes" }, ShapeError, "bad-attribute"],
  ["training over one value", ops.batchNorm2d, { ...norm, x: f32([1, 1, 1, 7]) }, {}, ShapeError, "too-few-values"],
  ["training over no value", ops.batchNorm2d, { ...norm, x: f32([0, 3, 3, 7]) }, {}, ShapeError, "too-few-values"],
  ["an activation that is none", ops.batchNorm2d, norm, { activation: "gelu" }, ShapeError, "bad-attribute"],
  [
    "dy of another shape",
    ops.batchNorm2dBackward,
    { dy: f32([2, 7]), x: f32([3, 7]), mean: f32([7]), invStd: f32([7]) },
    {},
    ShapeError,
    "shape-mismatch",
  ],
  ["eps 0", ops.batchNormFactor, { runningVar: f32([7]) }, { eps: 0 }, ShapeError, "bad-attribute"],
  ["a weight of another length", ops.batchNormFactor, { runningVar: f32([7]), weight: f32([6]) }, {}, ShapeError, "shape-mismatch"],
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
  ["integers", ops.sigmoid, { x: i8([3]) }, {}, DTypeError, "dtype-mismatch"],
  ["bounds in the wrong order", ops.clamp, { x: flat }, { min: 1, max: -1 }, ShapeError, "bad-attribute"],
  ["a bound of NaN", ops.clampBackward, { dy: flat, x: flat }, { min: NaN }, ShapeError, "bad-attribute"],
  ["a slope beyond f32", ops.leakyRelu, { x: flat }, { negativeSlope: 1e39 }, ShapeError, "bad-attribute"],
  ["an output of another shape", ops.sigmoidBackward, { dy: flat, y: f32([7, 3]) }, {}, ShapeError, "shape-mismatch"],
  ["shapes that do not broadcast", ops.mul, { a: flat, b: f32([3]) }, {}, ShapeError, "broadcast-mismatch"],
  ["an activation that is none", ops.sub, { a: flat, b: flat }, { activation: "gelu" }, ShapeError, "bad-attribute"],
  ["shapes that do not broadcast", ops.div, { a: flat, b: f32([3]) }, {}, ShapeError, "broadcast-mismatch"],
  ["integers", ops.div, { a: flat, b: i32([7]) }, {}, DTypeError, "dtype-mismatch"],
  ["an axis that is not there", ops.indexSelect, { x: flat, index: i32([2]) }, { axis: 2 }, ShapeError, "bad-attribute"],
  ["a fractional axis", ops.indexSelect, { x: flat, index: i32([2]) }, { axis: 0.5 }, ShapeError, "bad-attribute"],
  ["a table of indices", ops.indexSelect, { x: flat, index: i32([2, 2]) }, { axis: 0 }, ShapeError, "rank-mismatch"],
  ["indices in f32", ops.indexSelect, { x: flat, index: f32([2]) }, { axis: 0 }, DTypeError, "dtype-mismatch"],
  ["an axis of size 0", ops.indexSelect, { x: f32([3, 0]), index: i32([2]) }, { axis: 1 }, ShapeError, "shape-mismatch"],
  ["a symbolic axis to select from", ops.indexSelect, { x, index: i32([2]) }, { axis: 0 }, ShapeError, "symbolic-size"],
  ["a symbolic count along an inner axis", ops.indexSelect, { x: flat, index: i32(["n"]) }, { axis: 1 }, ShapeError, "symbolic-size"],
  ["an index too many", ops.indexSelectBackward, { dy: flat, index: i32([8]) }, { axis: 1, size: 9 }, ShapeError, "shape-mismatch"],
  ["an axis from behind", ops.indexSelectBackward, { dy: flat, index: i32([7]) }, { axis: -1, size: 9 }, ShapeError, "bad-attribute"],
  ["a size of 0", ops.indexSelectBackward, { dy: flat, index: i32([7]) }, { axis: 1, size: 0 }, ShapeError, "bad-attribute"],
  ["an axis before the last", ops.softmax, { x: flat }, { axis: 0 }, ShapeError, "bad-attribute"],
  ["an axis out of range", ops.softmax, { x: flat }, { axis: 2 }, ShapeError, "bad-attribute"],
  ["a number without axes", ops.softmax, { x: f32([]) }, {}, ShapeError, "bad-attribute"],
  ["a symbolic axis to sum along", ops.softmax, { x: f32(["n"]) }, {}, ShapeError, "symbolic-size"],
  ["an axis before the last", ops.logSoftmax, { x: flat }, { axis: 0 }, ShapeError, "bad-attribute"],
  ["an axis that is not there", ops.argMax, { x: flat }, { axis: 2 }, ShapeError, "bad-attribute"],
  ["an axis of size 0", ops.argMax, { x: f32([3, 0]) }, { axis: 1 }, ShapeError, "shape-mismatch"],
  ["a symbolic axis", ops.argMax, { x }, { axis: 0 }, ShapeError, "symbolic-size"],
  ["integers", ops.argMax, { x: i8([3]) }, { axis: 0 }, DTypeError, "dtype-mismatch"],
  ["keepDim that is no flag", ops.argMax, { x: flat }, { axis: 0, keepDim: 1 }, ShapeError, "bad-attribute"],
  ["selectLastIndex that is no flag", ops.argMax, { x: flat }, { axis: 0, selectLastIndex: "no" }, ShapeError, "bad-attribute"],
  ["rows of another length", ops.matmul, { a: flat, b: f32([8, 2]) }, {}, ShapeError, "shape-mismatch"],
  ["rows of another length, transposed", ops.matmul, { a: flat, b: f32([7, 2]) }, { transposeB: true }, ShapeError, "shape-mismatch"],
  ["a vector", ops.matmul, { a: flat, b: f32([7]) }, {}, ShapeError, "rank-mismatch"],
  ["seven axes", ops.matmul, { a: f32([1, 1, 1, 1, 1, 3, 7]), b: f32([7, 2]) }, {}, ShapeError, "rank-mismatch"],
  ["stacks that do not broadcast", ops.matmul, { a: f32([2, 3, 7]), b: f32([3, 7, 2]) }, {}, ShapeError, "broadcast-mismatch"],
  ["a symbolic axis behind others", ops.matmul, { a: f32(["n", 7]), b: f32([3, 7, 2]) }, {}, ShapeError, "symbolic-size"],
  ["integers", ops.matmul, { a: i8([3, 7]), b: f32([7, 2]) }, {}, DTypeError, "dtype-mismatch"],
  ["a transposeA that is no flag", ops.matmul, { a: flat, b: f32([7, 2]) }, { transposeA: 0 }, ShapeError, "bad-attribute"],
  ["an activation that is none", ops.matmul, { a: flat, b: f32([7, 2]) }, { activation: "gelu" }, ShapeError, "bad-attribute"],
  ["p of 1", ops.dropout, { x: flat, step: i32([1]) }, { p: 1 }, ShapeError, "bad-attribute"],
  ["a negative p", ops.dropout, { x: flat, step: i32([1]) }, { p: -0.1 }, ShapeError, "bad-attribute"],
  ["a fractional seed", ops.dropout, { x: flat, step: i32([1]) }, { seed: 0.5 }, ShapeError, "bad-attribute"],
  ["a step of f32", ops.dropout, { x: flat, step: f32([1]) }, {}, DTypeError, "dtype-mismatch"],
  ["a step for each row", ops.dropout, { x: flat, step: i32([3]) }, {}, ShapeError, "shape-mismatch"],
  ["a shape of another size", ops.reshape, { x: flat }, { shape: [4, 5] }, ShapeError, "shape-mismatch"],
  ["a shape that nothing fills up", ops.reshape, { x: flat }, { shape: [4, -1] }, ShapeError, "shape-mismatch"],
  ["two open axes", ops.reshape, { x: flat }, { shape: [-1, -1] }, ShapeError, "shape-mismatch"],
  ["an axis to keep that is not there", ops.reshape, { x: flat }, { shape: [3, 7, 0] }, ShapeError, "shape-mismatch"],
  ["an axis of -2", ops.reshape, { x: flat }, { shape: [-2, 7] }, ShapeError, "bad-attribute"],
  ["a symbolic axis to be merged", ops.reshape, { x }, { shape: [-1, 28] }, ShapeError, "shape-mismatch"],
  ["a symbolic axis that gets lost", ops.reshape, { x }, { shape: [28, 28, 8] }, ShapeError, "shape-mismatch"],
  ["an axis twice", ops.transpose, { x: flat }, { permutation: [0, 0] }, ShapeError, "bad-attribute"],
  ["too few axes", ops.transpose, { x: flat }, { permutation: [0] }, ShapeError, "bad-attribute"],
  ["a symbolic axis 0 that moves", ops.transpose, { x }, { permutation: [3, 1, 2, 0] }, ShapeError, "symbolic-size"],
  ["seven axes", ops.transpose, { x: f32([1, 1, 1, 1, 1, 1, 7]) }, { permutation: [0, 1, 2, 3, 4, 5, 6] }, ShapeError, "rank-mismatch"],
  ["a scale of 0", ops.upsampleNearest2d, { x }, { scale: [2, 0] }, ShapeError, "bad-attribute"],
  ["a fractional scale", ops.upsampleNearest2d, { x }, { scale: [1.5, 2] }, ShapeError, "bad-attribute"],
  ["one factor for two axes", ops.upsampleNearest2d, { x }, { scale: [2] }, ShapeError, "bad-attribute"],
  ["an image without batch", ops.upsampleNearest2d, { x: f32([28, 28, 8]) }, {}, ShapeError, "rank-mismatch"],
  ["integers", ops.upsampleNearest2d, { x: i8([1, 28, 28, 8]) }, {}, DTypeError, "dtype-mismatch"],
  ["floats", ops.qupsampleNearest2d, { x }, {}, DTypeError, "dtype-mismatch"],
  ["blocks that are not whole", ops.upsampleNearest2dBackward, { dy: f32([1, 27, 28, 8]) }, {}, ShapeError, "shape-mismatch"],
  [
    "one gradient for all rows",
    ops.softmaxCrossEntropyBackward,
    { logits: flat, labels: i32([3]), dloss: f32([1]) },
    { reduction: "none" },
    ShapeError,
    "shape-mismatch",
  ],
  ["a largest moment of another shape", ops.adam, { ...adam(flat), maxExpAvgSq: f32([7, 3]) }, {}, ShapeError, "shape-mismatch"],
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

  it("batchNorm2d: training over one value that is known only once the batch is", () => {
    const b = new GraphBuilder();
    const inputs = Object.fromEntries(Object.entries(norm).map(([name, t]) => [name, b.input(name, t)]));
    b.output("y", b.emit(ops.batchNorm2d, inputs, {}, "layer").y!);
    const graph = b.build();
    expect(() => bind(graph, { n: 2 })).not.toThrow();
    expect(() => bind(graph, { n: 1 })).toThrow(/batchNorm2d "layer": training .* no variance/);
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
    expect(infer(ops.reshape, { x }, { shape: [0, -1, 8] })).toEqual({ y: f32(["n", 784, 8]) });
    expect(infer(ops.reshape, { x }, { shape: [-1, 6272] })).toEqual({ y: f32(["n", 6272]) });
    expect(infer(ops.transpose, { x }, { permutation: [0, 3, 1, 2] })).toEqual({ y: f32(["n", 8, 28, 28]) });
    expect(infer(ops.matmul, { a: f32(["n", 5, 7]), b: f32([7, 2]) }, {})).toEqual({ y: f32(["n", 5, 2]) });
    expect(infer(ops.matmul, { a: f32(["n", 7]), b: f32(["n", 2]) }, { transposeA: true })).toEqual({ y: f32([7, 2]) });
    expect(infer(ops.argMax, { x }, { axis: 1 })).toEqual({ y: i32(["n", 28, 8]) });
    expect(infer(ops.indexSelect, { x, index: i32([5]) }, { axis: -1 })).toEqual({ y: f32(["n", 28, 28, 5]) });
    expect(infer(ops.indexSelect, { x: flat, index: i32(["n"]) }, { axis: 0 })).toEqual({ y: f32(["n", 7]) });
    expect(infer(ops.upsampleNearest2d, { x }, { scale: [2, 3] })).toEqual({ y: f32(["n", 56, 84, 8]) });
    expect(infer(ops.softmaxCrossEntropy, { logits: f32(["n", 7]), labels: i32(["n"]) }, { reduction: "none" })).toEqual({
      loss: f32(["n"]),
      correct: i32([1]),
    });
  });
});
