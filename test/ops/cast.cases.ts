import { cast } from "../../src/ops/cast.ts";
import type { Random } from "../../src/numerics/random.ts";
import { allocate, numel, tensor, type DType, type Tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor } from "../support/float.ts";
import { extremes, fromBits } from "../support/quantizer-cases.ts";

const bits = (...values: number[]): Tensor<"f32"> => tensor("f32", [values.length], new Float32Array(Uint32Array.from(values).buffer));
const targets = ["f32", "f16", "i32", "i16", "i8", "i4", "u32", "u16", "u8", "u4", "bool"];

/** Small numbers with fractions, the edges of all ranges, and any bits at all. */
function contents(r: Random, dtype: DType, shape: readonly number[]): Tensor {
  const data = allocate(dtype, numel(shape));
  for (let i = 0; i < data.length; i++) {
    const small = r.int(-40, 300) / r.pick([1, 1, 2, 8]);
    if (dtype === "f32") data[i] = r.pick([small, small, r.normal() * 2 ** r.int(-26, 34), r.pick(extremes), fromBits(r.u32())]);
    // What f32 holds: of longer ones the rounding is left open.
    else if (dtype === "i32" || dtype === "u32") data[i] = r.pick([r.int(-40, 300), r.u32() >>> 8, (r.u32() >>> 8) * 256]);
    else data[i] = r.u32();
  }
  return tensor(dtype, shape, data);
}

export const castCases: OpCases = {
  op: cast,
  cases: [
    {
      name: "to i32: cut off towards 0, saturated, NaN is 0",
      inputs: { x: f32Tensor([9], [2.9, -2.9, -0.5, 2147483520, 2147483648, -2147483648, -Infinity, Infinity, NaN]) },
      attrs: { to: "i32" },
      expected: { y: tensor("i32", [9], [2, -2, 0, 2147483520, 2147483647, -2147483648, -2147483648, 2147483647, 0]) },
    },
    {
      name: "to u32: all of it for positive numbers, as i32 for negative ones",
      inputs: { x: f32Tensor([7], [2.9, 2147483648, 4294967040, 4294967296, -1, -3e9, NaN]) },
      attrs: { to: "u32" },
      expected: { y: tensor("u32", [7], [2, 2147483648, 4294967040, 4294967295, 4294967295, 2147483648, 0]) },
    },
    {
      name: "to i8: the lowest bits of what is beyond, a row of 5 leaves padding lanes",
      inputs: { x: f32Tensor([2, 5], [127, 128, -129, 255, 256, -1.9, 300, 1e9, -128, 0]) },
      attrs: { to: "i8" },
      expected: { y: tensor("i8", [2, 5], [127, -128, 127, -1, 0, -1, 44, 0, -128, 0]) },
    },
    {
      name: "to 4 bits, signed",
      inputs: { x: f32Tensor([6], [-9, -8, 7, 8, 15, 16]) },
      attrs: { to: "i4" },
      expected: { y: tensor("i8", [6], [7, -8, 7, -8, -1, 0]) },
    },
    {
      name: "to 4 bits, unsigned",
      inputs: { x: tensor("i8", [5], [-9, -1, 15, 16, 127]) },
      attrs: { to: "u4" },
      expected: { y: tensor("u8", [5], [7, 15, 15, 0, 15]) },
    },
    {
      name: "to 16 bits, which lie in i32",
      inputs: { x: tensor("i32", [4], [32768, -32769, 65535, 65536]) },
      attrs: { to: "i16" },
      expected: { y: tensor("i32", [4], [-32768, 32767, -1, 0]) },
    },
    {
      name: "bytes to i32 keep their signs, in rows that are not whole words",
      inputs: { x: tensor("i8", [2, 3], [-128, -1, 127, 1, 2, -3]) },
      attrs: { to: "i32" },
      expected: { y: tensor("i32", [2, 3], [-128, -1, 127, 1, 2, -3]) },
    },
    {
      name: "unsigned bytes have none",
      inputs: { x: tensor("u8", [5], [0, 127, 128, 255, 3]) },
      attrs: { to: "f32" },
      expected: { y: f32Tensor([5], [0, 127, 128, 255, 3]) },
    },
    {
      name: "u32 beyond i32 to f32",
      inputs: { x: tensor("u32", [2], [4294967040, 2147483648]) },
      attrs: { to: "f32" },
      expected: { y: f32Tensor([2], [4294967040, 2147483648]) },
    },
    {
      name: "to bool: -0 is false, NaN, fractions and denormals are true",
      inputs: { x: f32Tensor([7], [0, -0, NaN, 0.3, 1e-45, -Infinity, 256]) },
      attrs: { to: "bool" },
      expected: { y: tensor("u8", [7], [0, 0, 1, 1, 1, 1, 1]) },
    },
    {
      name: "whole numbers to bool: 256 is not 0",
      inputs: { x: tensor("i32", [3], [256, 0, -65536]) },
      attrs: { to: "bool" },
      expected: { y: tensor("u8", [3], [1, 0, 1]) },
    },
    {
      name: "to half floats: ties to even, the largest, beyond",
      inputs: { x: f32Tensor([8], [2049, 2051, -2050.5, 65504, 65519.99, 65520, -1e9, 0.1]) },
      attrs: { to: "f16" },
      expected: { y: f32Tensor([8], [2048, 2052, -2050, 65504, 65504, Infinity, -Infinity, 0.0999755859375]) },
    },
    {
      name: "to half floats below 2^-14: multiples of 2^-24, ties to even, a carry into the normal ones",
      inputs: { x: f32Tensor([7], [2 ** -25, 3 * 2 ** -25, -(2 ** -24), 1.01 * 2 ** -25, 2 ** -14 - 2 ** -26, 1e-45, -0]) },
      attrs: { to: "f16" },
      expected: { y: f32Tensor([7], [0, 2 ** -23, -(2 ** -24), 2 ** -24, 2 ** -14, 0, -0]) },
    },
    { name: "NaN stays one as a half float", inputs: { x: bits(0x7fc00000, 0x7f800001, 0xffffffff, 0x7f800000) }, attrs: { to: "f16" } },
    { name: "to the same type", inputs: { x: f32Tensor([3], [1.5, -0, NaN]) }, attrs: { to: "f32" } },
    { name: "bytes to bytes of the other sign", inputs: { x: tensor("u8", [3], [255, 128, 1]) }, attrs: { to: "i8" } },
    { name: "rank 0", inputs: { x: tensor("f32", [], [-3.7]) }, attrs: { to: "i8" }, expected: { y: tensor("i8", [], [-3]) } },
    { name: "nothing", inputs: { x: tensor("f32", [3, 0], []) }, attrs: { to: "u8" } },
  ],
  random(r) {
    const shape = Array.from({ length: r.int(0, 4) }, () => r.int(1, 9));
    if (shape.length > 0 && r.int(0, 3) === 0) shape[shape.length - 1] = r.pick([31, 33]);
    const x = contents(r, r.pick(["f32", "i32", "u32", "i8", "u8"]), shape);
    return { name: "random", inputs: { x }, attrs: { to: r.pick(targets) } };
  },
};
