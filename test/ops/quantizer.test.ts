/** The quantizing ops: a million values each on the GPU against the reference, and what inference refuses. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deviceInfo } from "../../src/backend/webgpu/info.ts";
import { DTypeError, QuantizationError, ShapeError, type Dot4Error } from "../../src/errors.ts";
import { GraphBuilder } from "../../src/graph/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { chooseQparams } from "../../src/ops/chooseQparams.ts";
import { dequantize } from "../../src/ops/dequantize.ts";
import { fakeQuantize } from "../../src/ops/fakeQuantize.ts";
import { fakeQuantizeBackward } from "../../src/ops/fakeQuantizeBackward.ts";
import { learnableFakeQuantize } from "../../src/ops/learnableFakeQuantize.ts";
import { minMax } from "../../src/ops/minMax.ts";
import { movingAverageMinMax } from "../../src/ops/movingAverageMinMax.ts";
import { nearestLevel } from "../../src/ops/nearestLevel.ts";
import type { Attrs, OpDef, Tensors, Types } from "../../src/ops/op.ts";
import { quantize } from "../../src/ops/quantize.ts";
import { lower } from "../../src/passes/index.ts";
import { f32, i32, i8, tensor } from "../../src/tensor/index.ts";
import { differences } from "../support/compare.ts";
import { testDevice } from "../support/device.ts";
import { runVariant, variantsOf } from "../support/op-runner.ts";
import { anyFloat, floats, fromBits, ints, normals } from "../support/quantizer-cases.ts";

const COUNT = 1 << 20;
const range = { quantMin: -128, quantMax: 127 };

describe("a million values", () => {
  let device: GPUDevice;
  beforeAll(async () => void (device = await testDevice()));
  afterAll(() => device.destroy());

  async function check(op: OpDef, inputs: Tensors, attrs: Attrs): Promise<void> {
    const all = { ...op.defaults, ...attrs };
    const info = deviceInfo(device, false);
    const expected = op.reference(inputs, all);
    for (const { info: as, variant } of variantsOf(op, inputs, all, info, false))
      expect(differences(await runVariant(device, as, op, inputs, all, variant), expected)).toBeUndefined();
  }

  const r = new Random(31);
  /** Half of them within the range of the scale and close to ties, half any f32 at all, NaN and infinities included. */
  const scale = 0.0371;
  const x = normals(r, [COUNT / 4, 4]);
  for (let i = 0; i < COUNT; i++) {
    const tie = (r.int(-140, 140) + 0.5) * scale * (1 + r.int(-2, 2) * 2 ** -24);
    x.data[i] = i % 4 === 0 ? fromBits(r.u32()) : i % 4 === 1 ? tie : 3 * x.data[i]!;
  }
  const one = { scale: floats([1], [scale]), zeroPoint: ints([1], [-7]) };
  const four = { scale: floats([4], [0.1, scale, 1.7e-5, 3]), zeroPoint: ints([4], [0, -7, 127, -128]) };

  it("fakeQuantize", () => check(fakeQuantize, { x, ...one }, range));
  it("fakeQuantize per channel", () => check(fakeQuantize, { x, ...four }, { ...range, axis: 1 }));
  it("fakeQuantizeBackward", () => check(fakeQuantizeBackward, { dy: normals(r, x.shape), x, ...one }, range));
  it.each(["reciprocal", "divide", "tflite"])("quantize, %s", (rounding) =>
    check(quantize, { x, ...four }, { ...range, dtype: "i8", axis: 1, rounding }),
  );
  it("dequantize", () =>
    check(
      dequantize,
      {
        x: tensor(
          "i8",
          x.shape,
          Int8Array.from(x.data, () => r.u32()),
        ),
        ...four,
      },
      { axis: 1 },
    ));
  it("minMax", () => check(minMax, { x, min: floats([4], [0, 0, 0, 0]), max: floats([4], [0, 0, 0, 0]) }, { axis: 1 }));
  it.each([true, false])("chooseQparams, symmetric %s", (symmetric) => {
    const draw = [() => anyFloat(r), () => r.normal(), () => 2 ** -22 * r.normal()];
    const count = COUNT / 4;
    const ends = Array.from({ length: count }, (_, i) => [draw[i % 3]!(), draw[i % 3]!()]);
    const min = tensor(
      "f32",
      [count],
      Float32Array.from(ends, ([a, b]) => Math.min(a!, b!)),
    );
    const max = tensor(
      "f32",
      [count],
      Float32Array.from(ends, ([a, b]) => Math.max(a!, b!)),
    );
    return check(chooseQparams, { min, max }, { ...range, symmetric });
  });
  it("movingAverageMinMax", () => {
    const channels = COUNT / 16;
    const any = (): Float32Array => Float32Array.from({ length: channels }, () => anyFloat(r));
    const [min, max] = [tensor("f32", [channels], any()), tensor("f32", [channels], any())];
    return check(movingAverageMinMax, { x: tensor("f32", [1, channels], any()), min, max }, { axis: 1, averagingConstant: 0.3 });
  });
});

describe("what inference refuses", () => {
  const good = { x: f32(["n", 5, 3]), scale: f32([1]), zeroPoint: i32([1]) };
  const perChannel = { x: f32(["n", 5, 3]), scale: f32([3]), zeroPoint: i32([3]) };
  const i8Attrs = { ...range, dtype: "i8", axis: null, rounding: "reciprocal" };
  const state = { min: f32([1]), max: f32([1]) };
  const cases: readonly (readonly [string, OpDef, Types, Attrs, new (...args: never[]) => Dot4Error])[] = [
    ["x that is not float", fakeQuantize, { ...good, x: i8([2]) }, { ...range, axis: null }, DTypeError],
    ["a float zero point for integers", quantize, { ...good, zeroPoint: f32([1]) }, i8Attrs, DTypeError],
    ["a zero point to train in integers", learnableFakeQuantize, good, { ...range, axis: null, gradFactor: 1 }, DTypeError],
    ["one scale for three channels", fakeQuantize, { ...perChannel, scale: f32([1]) }, { ...range, axis: 2 }, ShapeError],
    ["three scales per tensor", fakeQuantize, perChannel, { ...range, axis: null }, ShapeError],
    ["the batch as channels", fakeQuantize, perChannel, { ...range, axis: 0 }, ShapeError],
    ["an axis that is not there", fakeQuantize, perChannel, { ...range, axis: 3 }, QuantizationError],
    ["a range of 9 bits", fakeQuantize, good, { quantMin: -256, quantMax: 255, axis: null }, QuantizationError],
    ["an empty range", fakeQuantize, good, { quantMin: 5, quantMax: 4, axis: null }, QuantizationError],
    ["dy of another shape", fakeQuantizeBackward, { ...good, dy: f32(["n", 5, 4]) }, { ...range, axis: null }, ShapeError],
    ["an unsigned range in i8", quantize, good, { ...i8Attrs, quantMin: 0, quantMax: 255 }, QuantizationError],
    ["a signed range in u8", quantize, good, { ...i8Attrs, dtype: "u8" }, QuantizationError],
    ["a container that is none", quantize, good, { ...i8Attrs, dtype: "f32" }, QuantizationError],
    ["i32 beyond 2^30", quantize, good, { ...i8Attrs, dtype: "i32", rounding: "reciprocal", quantMax: 2 ** 30 }, QuantizationError],
    ["i32 half away from zero", quantize, good, { ...i8Attrs, dtype: "i32", rounding: "tflite" }, QuantizationError],
    [
      "an unknown formula",
      chooseQparams,
      { min: f32([1]), max: f32([1]) },
      { ...range, symmetric: false, formula: "max" },
      QuantizationError,
    ],
    [
      "thresholds that are not between the levels",
      nearestLevel,
      { x: f32([5]), scale: f32([1]), levels: f32([3]), thresholds: f32([3]) },
      { axis: null },
      ShapeError,
    ],
    ["a single level", nearestLevel, { x: f32([5]), scale: f32([1]), levels: f32([1]), thresholds: f32([0]) }, { axis: null }, ShapeError],
    ["an unknown rounding", quantize, good, { ...i8Attrs, rounding: "up" }, QuantizationError],
    ["dequantize of floats", dequantize, good, { axis: null }, DTypeError],
    ["an observer's state per tensor with an axis", minMax, { x: good.x, ...state }, { axis: 2 }, ShapeError],
    ["an integer state", minMax, { x: good.x, ...state, max: i32([1]) }, { axis: null }, DTypeError],
    ["an averaging constant of 0", movingAverageMinMax, { x: good.x, ...state }, { axis: null, averagingConstant: 0 }, QuantizationError],
    ["min and max of different shapes", chooseQparams, { min: f32([2]), max: f32([3]) }, { ...range, symmetric: false }, ShapeError],
  ];
  it.each(cases)("%s", (_, op, types, attrs, type) => {
    const where = `${op.name} "act3"`;
    expect(() => op.infer(types, attrs, where)).toThrow(type);
    expect(() => op.infer(types, attrs, where)).toThrow(where);
  });
  it("and takes a symbolic batch", () => {
    expect(fakeQuantize.infer(perChannel, { ...range, axis: -1 }, "a")).toEqual({ y: good.x });
    expect(minMax.infer({ x: good.x, min: f32([5]), max: f32([5]) }, { axis: 1 }, "a")).toEqual({ minOut: f32([5]), maxOut: f32([5]) });
  });
});

it("a net whose zero points are no integers is not converted", () => {
  const b = new GraphBuilder();
  const [scale, zeroPoint] = [b.constant(floats([1], [0.1])), b.constant(floats([1], [2.5]))];
  b.output("y", b.emit(fakeQuantize, { x: b.input("x", f32([3])), scale, zeroPoint }, { quantMin: 0, quantMax: 15 }).y!);
  expect(() => lower(b.build())).toThrow("a zero point must be an integer");
});
