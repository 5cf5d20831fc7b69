import { dequantize } from "../../src/ops/dequantize.ts";
import { allocate, numel, tensor, type Tensor } from "../../src/tensor/index.ts";
import { Random } from "../../src/numerics/random.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { randomBytes } from "../support/requantized.ts";
import { axisOf, floats, ints, qparams, shapeOf } from "../support/quantizer-cases.ts";

const one = (scale: number, zeroPoint: number) => ({ scale: floats([1], [scale]), zeroPoint: ints([1], [zeroPoint]) });
const all = Array.from({ length: 256 }, (_, i) => i);

function bytes(r: Random, dtype: "i8" | "u8", shape: readonly number[]): Tensor {
  const data = allocate(dtype, numel(shape));
  for (let i = 0; i < data.length; i++) data[i] = r.u32();
  return tensor(dtype, shape, data);
}
const r = new Random(14);

export const dequantizeCases: OpCases = {
  op: dequantize,
  cases: [
    {
      name: "q - z is taken in integers, and never -0",
      inputs: { x: tensor("u8", [3], [0, 255, 128]), ...one(0.1, 128) },
      expected: { y: floats([3], [Math.fround(-128 * Math.fround(0.1)), Math.fround(127 * Math.fround(0.1)), 0]) },
    },
    {
      name: "every i8",
      inputs: {
        x: tensor(
          "i8",
          [2, 128],
          all.map((q) => q - 128),
        ),
        ...one(0.0123, -128),
      },
    },
    { name: "every u8, the upper half not negative", inputs: { x: tensor("u8", [256], all), ...one(0.0123, 255) } },
    { name: "rows of 5: padding lanes are not read", inputs: { x: bytes(r, "i8", [7, 5]), ...one(0.3, 11) } },
    { name: "the smallest scale", inputs: { x: bytes(r, "i8", [13]), ...one(2 ** -23, 0) } },
    {
      name: "i32: beyond 2^24 the difference is rounded before it is scaled",
      inputs: { x: ints([5], [2 ** 24 + 1, 2 ** 30, -(2 ** 30) - 1, 54, 0]), ...one(0.1, 54) },
    },
    {
      name: "i32 per last axis",
      inputs: { x: ints([2, 3], [1, -2, 3, 1000003, -5, 6]), scale: floats([3], [1, 0.1, 0.01]), zeroPoint: ints([3], [0, 255, -3]) },
      attrs: { axis: 1 },
    },
    { name: "rank 0", inputs: { x: tensor("i8", [], [-7]), ...one(0.3, 11) } },
    { name: "empty", inputs: { x: tensor("i8", [0, 2], []), ...one(0.3, 11) } },
    {
      name: "per last axis: the lanes of a word are channels",
      inputs: { x: bytes(r, "u8", [67, 3]), scale: floats([3], [1, 0.1, 0.01]), zeroPoint: ints([3], [0, 255, 3]) },
      attrs: { axis: 1 },
    },
    {
      name: "per output channel",
      inputs: { x: bytes(r, "i8", [5, 3, 3, 7]), scale: floats([5], [1, 0.1, 0.01, 2, 3]), zeroPoint: ints([5], [0, 1, 2, 3, 4]) },
      attrs: { axis: 0 },
    },
  ],

  random(r): OpCase {
    const shape = [...shapeOf(r, r.int(0, 5), r.pick([3, 5, 9]))];
    if (shape.length > 0 && r.int(0, 3) === 0) shape[shape.length - 1] = r.pick([31, 33]);
    const { axis, channels } = axisOf(r, shape);
    const dtype = r.pick(["i8", "u8", "i8", "u8", "i32"] as const);
    if (dtype === "i32") {
      const x = ints(
        shape,
        Array.from({ length: numel(shape) }, () => r.u32() >> r.int(1, 24)),
      );
      return { name: "random", inputs: { x, ...qparams(r, channels, -99, 99) }, attrs: { axis } };
    }
    return {
      name: "random",
      inputs: { x: randomBytes(r, dtype, shape), ...qparams(r, channels, dtype === "i8" ? -128 : 0, dtype === "i8" ? 127 : 255) },
      attrs: { axis },
    };
  },
};
