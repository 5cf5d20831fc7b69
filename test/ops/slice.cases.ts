import { slice } from "../../src/ops/slice.ts";
import { tensor } from "../../src/tensor/index.ts";
import { bytes, randomBytes, type Byte } from "../support/requantized.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";
import { CHANNELS } from "../support/quantized.ts";

export const sliceCases: OpCases = {
  op: slice,
  differentiable: ["x"],
  smooth: (c) => ({ ...c, inputs: { x: fixed(3, ...c.inputs.x!.shape) } }),
  cases: [
    {
      name: "columns",
      inputs: { x: f32Tensor([2, 3], [1, 2, 3, 4, 5, 6]) },
      attrs: { axis: 1, start: 1, end: 3 },
      expected: { y: f32Tensor([2, 2], [2, 3, 5, 6]) },
    },
    {
      name: "channels in the middle of a word, to the end: lanes after it are 0",
      inputs: { x: tensor("i8", [2, 7], [1, 2, 3, 4, 5, 6, 7, -1, -2, -3, -4, -5, -6, -7]) },
      attrs: { axis: -1, start: -4 },
      expected: { y: tensor("i8", [2, 4], [4, 5, 6, 7, -4, -5, -6, -7]) },
    },
    {
      name: "the first channels: what follows them in the word must go",
      inputs: { x: bytes("u8", [3, 5], (i) => 200 + i) },
      attrs: { axis: 1, end: 2 },
      expected: { y: tensor("u8", [3, 2], [200, 201, 205, 206, 210, 211]) },
    },
    { name: "lines of an image, packed", inputs: { x: bytes("u8", [2, 5, 3, 7], (i) => i % 256) }, attrs: { axis: 1, start: 1, end: -1 } },
    { name: "all of it", inputs: { x: fixed(5, 3, 5) }, attrs: { axis: 0 } },
    { name: "i32", inputs: { x: tensor("i32", [5], [1, -2, 3, -4, 5]) }, attrs: { axis: 0, start: 3 } },
  ],
  random(r) {
    const shape = Array.from({ length: r.int(1, 4) }, () => r.int(1, 9));
    if (r.int(0, 2) === 0) shape[shape.length - 1] = r.pick(CHANNELS);
    const axis = r.int(0, shape.length - 1);
    const start = r.int(0, shape[axis]! - 1);
    const dtype = r.pick<Byte | "f32">(["i8", "u8", "f32"]);
    const x = dtype === "f32" ? normal(r, shape) : randomBytes(r, dtype, shape);
    return { name: "random", inputs: { x }, attrs: { axis, start, end: r.int(start + 1, shape[axis]!) } };
  },
};
