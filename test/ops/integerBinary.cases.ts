import { integerBinary } from "../../src/ops/integerBinary.ts";
import type { Random } from "../../src/numerics/random.ts";
import { numel, tensor, type Tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";

const LEAST = -(2 ** 31);
const MOST = 2 ** 31 - 1;

/** Any 32 bits, now and then few of them. */
function whole(r: Random, dtype: "i32" | "u32", shape: readonly number[]): Tensor {
  const values = Array.from({ length: numel(shape) }, () => r.pick([r.u32(), r.u32(), r.int(0, 7), 0xffffffff, 0x80000000]));
  return tensor(dtype, shape, dtype === "i32" ? Int32Array.from(values, (v) => v | 0) : Uint32Array.from(values));
}

const i32 = (...values: number[]): Tensor => tensor("i32", [values.length], values);
const u32 = (...values: number[]): Tensor => tensor("u32", [values.length], values);

export const integerBinaryCases: OpCases = {
  op: integerBinary,
  cases: [
    {
      name: "sums wrap around",
      inputs: { a: i32(1, MOST, LEAST), b: i32(-3, 1, -1) },
      attrs: { operation: "add" },
      expected: { y: i32(-2, LEAST, MOST) },
    },
    {
      name: "differences wrap around, unsigned",
      inputs: { a: u32(1, 0, 4294967295), b: u32(3, 1, 4294967295) },
      attrs: { operation: "sub" },
      expected: { y: u32(4294967294, 4294967295, 0) },
    },
    {
      name: "products keep their lowest bits, where a number of 53 bits would not hold all",
      inputs: { a: i32(123456789, -65537, MOST), b: i32(987654321, 65537, MOST) },
      attrs: { operation: "mul" },
      expected: { y: i32(-67153019, -131073, 1) },
    },
    {
      name: "quotients are cut off towards 0",
      inputs: { a: i32(7, -7, 7, -7, 0, -1), b: i32(2, 2, -2, -2, 5, 2) },
      attrs: { operation: "div" },
      expected: { y: i32(3, -3, -3, 3, 0, 0) },
    },
    {
      name: "division by 0, and by -1 of what has no opposite",
      inputs: { a: i32(5, -5, LEAST, 0), b: i32(0, 0, -1, 0) },
      attrs: { operation: "div" },
      expected: { y: i32(5, -5, LEAST, 0) },
    },
    {
      name: "large unsigned numbers are not negative ones",
      inputs: { a: u32(4294967295, 4294967295, 7), b: u32(2, 4294967295, 4294967295) },
      attrs: { operation: "div" },
      expected: { y: u32(2147483647, 1, 0) },
    },
    {
      name: "a column and a row",
      inputs: { a: tensor("i32", [2, 1], [1, 2]), b: tensor("i32", [1, 3], [10, 20, 30]) },
      attrs: { operation: "sub" },
      expected: { y: tensor("i32", [2, 3], [-9, -19, -29, -8, -18, -28]) },
    },
    {
      name: "scalars without axes",
      inputs: { a: tensor("i32", [], [6]), b: tensor("i32", [], [7]) },
      attrs: { operation: "mul" },
      expected: { y: tensor("i32", [], [42]) },
    },
  ],
  random(r) {
    const shape = Array.from({ length: r.int(1, 6) }, () => r.int(1, 6));
    const side = (): number[] => shape.map((d) => (r.int(0, 2) === 0 ? 1 : d)).slice(r.int(0, 1));
    const dtype = r.pick(["i32", "u32"] as const);
    const inputs = { a: whole(r, dtype, side()), b: whole(r, dtype, side()) };
    return { name: "random", inputs, attrs: { operation: r.pick(["add", "sub", "mul", "div"]) } };
  },
};
