import { wideCast } from "../../src/ops/wideCast.ts";
import type { Random } from "../../src/numerics/random.ts";
import { allocate, numel, tensor, type DType, type Tensor } from "../../src/tensor/index.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { f32Tensor } from "../support/float.ts";
import { extremes, fromBits } from "../support/quantizer-cases.ts";
import { f64, f64s, MOST, randomWide, SMALLEST, stepped, u64, u64s } from "../support/wide.ts";

const narrow = ["f32", "f16", "i32", "i16", "i8", "i4", "u32", "u16", "u8", "u4", "bool"];
const dtypes = ["f32", "i32", "u32", "i8", "u8"] as const;
const f32 = (...values: number[]): Tensor => f32Tensor([values.length], values);
const list = (dtype: DType, ...values: number[]): Tensor => tensor(dtype, [values.length], values);

const cast = (name: string, from: string | null, to: string, x: Tensor, y: Tensor): OpCase => ({
  name: `${from ?? x.dtype} to ${to}: ${name}`,
  inputs: { x },
  attrs: { from, to },
  expected: { y },
});

function plain(r: Random, dtype: DType, shape: readonly number[]): Tensor {
  const data = allocate(dtype, numel(shape));
  for (let i = 0; i < data.length; i++) {
    if (dtype !== "f32") data[i] = r.pick([r.int(-40, 300), r.u32()]);
    else data[i] = r.pick([r.int(-40, 300) / 8, r.normal() * 2 ** r.int(-26, 66), r.pick(extremes), fromBits(r.u32())]);
  }
  return tensor(dtype, shape, data);
}

const TIE = 1 + 2 ** -24;
const HALF = 65520;

export const wideCastCases: OpCases = {
  op: wideCast,
  cases: [
    cast(
      "ties to even, and beside them",
      "f64",
      "f32",
      f64(TIE, 1 + 3 * 2 ** -24, stepped(TIE, 1), stepped(TIE, -1), -TIE),
      f32(1, 1 + 2 ** -22, 1 + 2 ** -23, 1, -1),
    ),
    cast(
      "subnormals of f32, one rounding among them, down to nothing",
      "f64",
      "f32",
      f64(2 ** -149, 1.5 * 2 ** -149, 2.5 * 2 ** -149, 2 ** -150, stepped(2 ** -150, 1), -(2 ** -127), 2 ** -126 - 2 ** -151, SMALLEST, -0),
      f32(2 ** -149, 2 ** -148, 2 ** -148, 0, 2 ** -149, -(2 ** -127), 2 ** -126, 0, -0),
    ),
    cast(
      "the largest f32, half a unit beyond, infinities",
      "f64",
      "f32",
      f64(3.4028234663852886e38, stepped(2 ** 128 - 2 ** 103, -1), 2 ** 128 - 2 ** 103, -MOST, Infinity, NaN),
      f32(3.4028234663852886e38, 3.4028234663852886e38, Infinity, -Infinity, Infinity, NaN),
    ),
    cast(
      "rounded once: f32 on the way would make a tie of what is beside one",
      "f64",
      "f16",
      f64(
        1 + 2 ** -11 + 2 ** -40,
        1 + 2 ** -11,
        1 + 3 * 2 ** -11 - 2 ** -40,
        2 ** -25 + 2 ** -60,
        2 ** -25,
        stepped(HALF, -1),
        HALF,
        -MOST,
        NaN,
      ),
      f32(1 + 2 ** -10, 1, 1 + 2 ** -10, 2 ** -24, 0, 65504, Infinity, -Infinity, NaN),
    ),
    cast(
      "as half floats, small ones",
      "f64",
      "f16",
      f64(2 ** -14 - 2 ** -26, 3 * 2 ** -25, -(2 ** -24), SMALLEST, -0),
      f32(2 ** -14, 2 ** -23, -(2 ** -24), 0, -0),
    ),
    cast(
      "exact, subnormals too",
      null,
      "f64",
      f32(0.1, -0, 2 ** -149, -3.4028234663852886e38, Infinity, -Infinity, NaN),
      f64(Math.fround(0.1), -0, 2 ** -149, -3.4028234663852886e38, Infinity, -Infinity, NaN),
    ),
    cast("exact", null, "f64", list("i32", -(2 ** 31), -1, 0, 2 ** 31 - 1, 123456789), f64(-(2 ** 31), -1, 0, 2 ** 31 - 1, 123456789)),
    cast("large ones are not negative", null, "f64", list("u32", 2 ** 32 - 1, 2 ** 31, 0), f64(2 ** 32 - 1, 2 ** 31, 0)),
    cast(
      "bytes in rows that are not whole words",
      null,
      "f64",
      tensor("i8", [2, 3], [-128, -1, 127, 1, 2, -3]),
      f64s([2, 3], [-128, -1, 127, 1, 2, -3]),
    ),
    cast(
      "the fraction is cut off, what is beyond saturates",
      "f64",
      "i32",
      f64(2.9, -2.9, 2147483647.9, 2147483648, -2147483649.5, -Infinity, MOST, NaN, SMALLEST),
      list("i32", 2, -2, 2147483647, 2147483647, -2147483648, -2147483648, 2147483647, 0, 0),
    ),
    cast(
      "all of it for positive numbers, as i32 for negative ones",
      "f64",
      "u32",
      f64(4294967295.9, 4294967296, 2147483649, -1.9, -3e9),
      list("u32", 4294967295, 4294967295, 2147483649, 4294967295, 2147483648),
    ),
    cast(
      "the lowest bits, padding lanes behind a row of 5",
      "f64",
      "i8",
      f64s([2, 5], [127, 128, -129, 255.5, 256, -1.9, 300, 1e9, -128, 0]),
      tensor("i8", [2, 5], [127, -128, 127, -1, 0, -1, 44, 0, -128, 0]),
    ),
    cast("4 bits", "f64", "u4", f64(-9, 15, 16, 17.5), list("u8", 7, 15, 0, 1)),
    cast(
      "-0 is false, NaN and the smallest are true",
      "f64",
      "bool",
      f64(0, -0, NaN, SMALLEST, -Infinity, 2 ** -1022),
      list("u8", 0, 0, 1, 1, 1, 1),
    ),
    cast(
      "beyond 2^63, saturated, negative ones as two's complement",
      "f64",
      "u64",
      f64(2 ** 63 + 2048, stepped(2 ** 64, -1), 2 ** 64, 1.9, -1.9, -(2 ** 63), -(2 ** 65), NaN, 2 ** 32, 2 ** 53 - 1),
      u64(2n ** 63n + 2048n, 2n ** 64n - 2048n, 2n ** 64n - 1n, 1n, 2n ** 64n - 1n, 2n ** 63n, 2n ** 63n, 0n, 2n ** 32n, 2n ** 53n - 1n),
    ),
    cast(
      "infinities saturate, fractions go",
      null,
      "u64",
      f32(Infinity, -Infinity, -2.5, 2 ** 40, 0.9),
      u64(2n ** 64n - 1n, 2n ** 63n, 2n ** 64n - 2n, 2n ** 40n, 0n),
    ),
    cast("negative ones as two's complement", null, "u64", list("i32", -1, 5, -(2 ** 31)), u64(2n ** 64n - 1n, 5n, 2n ** 64n - 2n ** 31n)),
    cast("zeros in front", null, "u64", list("u8", 255, 1, 0), u64(255n, 1n, 0n)),
    cast(
      "ties to even, and the last bit of 64 decides",
      "u64",
      "f64",
      u64(2n ** 64n - 1n, 2n ** 63n + 1024n, 2n ** 63n + 1025n, 2n ** 63n + 3072n, 2n ** 53n + 1n),
      f64(2 ** 64, 2 ** 63, 2 ** 63 + 2048, 2 ** 63 + 4096, 2 ** 53),
    ),
    cast(
      "rounded once, where f64 on the way makes a tie",
      "u64",
      "f32",
      u64(2n ** 63n + 2n ** 39n + 1n, 2n ** 63n + 2n ** 39n, 2n ** 24n + 1n, 2n ** 64n - 1n),
      f32(2 ** 63 + 2 ** 40, 2 ** 63, 2 ** 24, 2 ** 64),
    ),
    cast("beyond half floats", "u64", "f16", u64(65519n, 65520n, 2n ** 63n, 2049n), f32(65504, Infinity, Infinity, 2048)),
    cast("the lowest bits", "u64", "i16", u64(2n ** 63n + 32768n, 2n ** 32n + 5n), list("i32", -32768, 5)),
    cast("256 and 2^32 are true", "u64", "bool", u64(256n, 2n ** 32n, 0n, 2n ** 63n), list("u8", 1, 1, 0, 1)),
    { name: "f64 to f64 keeps every bit", inputs: { x: u64(0xfff0000000000001n, 0x8000000000000000n) }, attrs: { from: "f64", to: "f64" } },
    { name: "a single number", inputs: { x: f64s([], [-3.7]) }, attrs: { from: "f64", to: "i8" }, expected: { y: tensor("i8", [], [-3]) } },
    { name: "nothing", inputs: { x: u64s([3, 0], []) }, attrs: { from: "u64", to: "u8" } },
    { name: "nothing, to words", inputs: { x: tensor("f32", [0], []) }, attrs: { to: "f64" } },
  ],
  random(r) {
    const shape = Array.from({ length: r.int(0, 4) }, () => r.int(1, 9));
    if (shape.length > 0 && r.int(0, 3) === 0) shape[shape.length - 1] = r.pick([31, 33]);
    const from = r.pick([null, "f64", "f64", "u64"] as const);
    const x = from === null ? plain(r, r.pick(dtypes), shape) : randomWide(r, from, shape);
    return {
      name: "random",
      inputs: { x },
      attrs: { from, to: r.pick(from === null ? ["f64", "u64"] : [...narrow, "f32", "f16", "f64", "u64"]) },
    };
  },
};
