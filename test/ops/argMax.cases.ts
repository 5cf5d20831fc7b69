import { argMax } from "../../src/ops/argMax.ts";
import { tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed } from "../support/float.ts";

export const argMaxCases: OpCases = {
  op: argMax,
  cases: [
    {
      name: "of rows, by a negative axis",
      inputs: { x: f32Tensor([2, 3], [1, 3, 2, -1, -3, -2]) },
      attrs: { axis: -1 },
      expected: { y: tensor("i32", [2], [1, 0]) },
    },
    {
      name: "of columns, the axis kept",
      inputs: { x: f32Tensor([2, 3], [1, 3, -5, 2, -3, -4]) },
      attrs: { axis: 0, keepDim: true },
      expected: { y: tensor("i32", [1, 3], [1, 0, 1]) },
    },
    {
      name: "the first of equal ones, -0 among 0",
      inputs: { x: f32Tensor([3, 3], [2, 2, 1, -0, 0, -0, -7, -7, -7]) },
      attrs: { axis: 1 },
      expected: { y: tensor("i32", [3], [0, 0, 0]) },
    },
    {
      name: "the last of equal ones, -0 among 0",
      inputs: { x: f32Tensor([3, 3], [2, 2, 1, 0, 0, -0, -7, -7, -7]) },
      attrs: { axis: 1, selectLastIndex: true },
      expected: { y: tensor("i32", [3], [1, 2, 2]) },
    },
    {
      name: "-Infinity alone is the largest",
      inputs: { x: f32Tensor([2, 2], [-Infinity, -Infinity, -Infinity, -1e38]) },
      attrs: { axis: 1 },
      expected: { y: tensor("i32", [2], [0, 1]) },
    },
    {
      name: "NaN is larger than Infinity, the first NaN wins",
      inputs: { x: f32Tensor([1, 5], [1, Infinity, NaN, NaN, 2]) },
      attrs: { axis: 1 },
      expected: { y: tensor("i32", [1], [2]) },
    },
    {
      name: "the last NaN wins",
      inputs: { x: f32Tensor([1, 5], [1, Infinity, NaN, NaN, 2]) },
      attrs: { axis: 1, selectLastIndex: true },
      expected: { y: tensor("i32", [1], [3]) },
    },
    {
      name: "a NaN with the sign set is still above all numbers",
      inputs: { x: tensor("f32", [3], new Float32Array(new Uint32Array([0x7f800000, 0xffc00001, 0xff800000]).buffer)) },
      attrs: { axis: 0 },
      expected: { y: tensor("i32", [], [1]) },
    },
    { name: "channels of images", inputs: { x: fixed(1, 2, 3, 5, 7) }, attrs: { axis: 3 } },
    { name: "rows of images", inputs: { x: fixed(2, 2, 3, 5, 7) }, attrs: { axis: 1, keepDim: true } },
    { name: "one of one", inputs: { x: fixed(3, 5, 1) }, attrs: { axis: 1 } },
    { name: "no rows", inputs: { x: fixed(4, 0, 3) }, attrs: { axis: 1 } },
    { name: "a long axis, beyond one workgroup", inputs: { x: fixed(5, 11, 1009, 31) }, attrs: { axis: 1 } },
  ],
  random(r) {
    const shape = Array.from({ length: r.int(1, 4) }, () => r.int(1, 9));
    const few = [-Infinity, -1, -0, 0, 1, 1, 2, 2, 3, Infinity, NaN];
    const count = shape.reduce((p, d) => p * d, 1);
    const x = f32Tensor(
      shape,
      Array.from({ length: count }, () => r.pick(few)),
    );
    const axis = r.int(-shape.length, shape.length - 1);
    return { name: "random", inputs: { x }, attrs: { axis, keepDim: r.int(0, 1) === 1, selectLastIndex: r.int(0, 1) === 1 } };
  },
};
