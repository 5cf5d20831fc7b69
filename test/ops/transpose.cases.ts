import { transpose } from "../../src/ops/transpose.ts";
import { tensor } from "../../src/tensor/index.ts";
import { bytes } from "../support/bytes.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed } from "../support/float.ts";

export const transposeCases: OpCases = {
  op: transpose,
  differentiable: ["x"],
  smooth: (c) => ({ ...c, inputs: { x: fixed(1, ...c.inputs["x"]!.shape) } }),
  cases: [
    {
      name: "a matrix",
      inputs: { x: f32Tensor([2, 3], [1, 2, 3, 4, 5, 6]) },
      attrs: { permutation: [1, 0] },
      expected: { y: f32Tensor([3, 2], [1, 4, 2, 5, 3, 6]) },
    },
    {
      name: "bytes: rows of 3 become rows of 2, padding lanes 0",
      inputs: { x: tensor("i8", [2, 3], [-1, 2, -3, 4, -128, 127]) },
      attrs: { permutation: [1, 0] },
      expected: { y: tensor("i8", [3, 2], [-1, 4, 2, -128, -3, 127]) },
    },
    { name: "channels last, f32", inputs: { x: fixed(1, 2, 3, 5, 7) }, attrs: { permutation: [0, 2, 3, 1] } },
    { name: "channels first again, f32", inputs: { x: fixed(2, 2, 5, 7, 3) }, attrs: { permutation: [0, 3, 1, 2] } },
    { name: "channels last, i8 to 3 channels", inputs: { x: bytes("i8", 2, 3, 5, 7) }, attrs: { permutation: [0, 2, 3, 1] } },
    { name: "channels first, u8 from 31 channels", inputs: { x: bytes("u8", 2, 5, 3, 31) }, attrs: { permutation: [0, 3, 1, 2] } },
    { name: "i8, the innermost axis stays: words move", inputs: { x: bytes("i8", 5, 3, 7) }, attrs: { permutation: [1, 0, 2] } },
    { name: "the images' axes change places, f32", inputs: { x: fixed(3, 3, 5, 7, 8) }, attrs: { permutation: [0, 2, 1, 3] } },
    { name: "i8, an inner axis of 1 comes from outside", inputs: { x: bytes("i8", 5, 1, 7) }, attrs: { permutation: [0, 2, 1] } },
    { name: "only an axis of 1 moves: the same memory", inputs: { x: fixed(4, 5, 1, 7) }, attrs: { permutation: [1, 0, 2] } },
    { name: "six axes, all reversed", inputs: { x: fixed(5, 2, 3, 2, 3, 2, 5) }, attrs: { permutation: [5, 4, 3, 2, 1, 0] } },
    { name: "six axes of bytes", inputs: { x: bytes("u8", 2, 3, 2, 3, 2, 5) }, attrs: { permutation: [3, 5, 1, 0, 2, 4] } },
    { name: "bytes, three runs of blocks along rows of x", inputs: { x: bytes("i8", 2, 3, 5, 139) }, attrs: { permutation: [1, 0, 3, 2] } },
    { name: "bytes, three runs of blocks along rows of y", inputs: { x: bytes("u8", 2, 139, 3, 6) }, attrs: { permutation: [0, 3, 2, 1] } },
    { name: "i32", inputs: { x: bytes("i32", 5, 7) }, attrs: { permutation: [1, 0] } },
    { name: "no axes", inputs: { x: bytes("i8") }, attrs: { permutation: [] } },
  ],
  random(r) {
    const shape = Array.from({ length: r.int(1, 5) }, () => r.int(1, 6));
    if (shape.length < 4) shape[r.int(0, shape.length - 1)] = r.int(1, 150);
    const permutation = [...r.permutation(shape.length)];
    return { name: "random", inputs: { x: bytes(r.pick(["i8", "u8", "i32"]), ...shape) }, attrs: { permutation } };
  },
};
