import { indexSelect } from "../../src/ops/indexSelect.ts";
import { allocate, numel, tensor, type DType, type Tensor } from "../../src/tensor/index.ts";
import { bytes } from "../support/bytes.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";
import { CHANNELS } from "../support/quantized.ts";

const indices = (...values: number[]): Tensor<"i32"> => tensor("i32", [values.length], values);

export const indexSelectCases: OpCases = {
  op: indexSelect,
  differentiable: ["x"],
  smooth: (c) => ({ ...c, inputs: { ...c.inputs, x: fixed(1, ...c.inputs.x!.shape) } }),
  cases: [
    {
      name: "rows, in another order, one twice",
      inputs: { x: f32Tensor([3, 2], [1, 2, 3, 4, 5, 6]), index: indices(2, 0, 2, 1) },
      attrs: { axis: 0 },
      expected: { y: f32Tensor([4, 2], [5, 6, 1, 2, 5, 6, 3, 4]) },
    },
    {
      name: "columns, by a negative axis",
      inputs: { x: f32Tensor([2, 3], [1, 2, 3, 4, 5, 6]), index: indices(2, 0) },
      attrs: { axis: -1 },
      expected: { y: f32Tensor([2, 2], [3, 1, 6, 4]) },
    },
    {
      name: "bytes of the innermost axis, lanes past the end are 0",
      inputs: { x: tensor("i8", [2, 5], [1, 2, 3, 4, 5, -1, -2, -3, -4, -5]), index: indices(4, 4, 0, 3, 2, 1) },
      attrs: { axis: 1 },
      expected: { y: tensor("i8", [2, 6], [5, 5, 1, 4, 3, 2, -5, -5, -1, -4, -3, -2]) },
    },
    {
      name: "out of range on either side is the nearest",
      inputs: { x: f32Tensor([3], [1, 2, 3]), index: indices(-1, 3, -2147483648, 2147483647, 1) },
      attrs: { axis: 0 },
      expected: { y: f32Tensor([5], [1, 3, 1, 3, 2]) },
    },
    {
      name: "bytes out of range never come from the padding",
      inputs: { x: tensor("u8", [2, 3], [1, 2, 3, 254, 255, 200]), index: indices(3, -7, 99) },
      attrs: { axis: 1 },
      expected: { y: tensor("u8", [2, 3], [3, 1, 3, 200, 254, 200]) },
    },
    {
      name: "NaN and -0 keep their bits",
      inputs: { x: f32Tensor([3], [-0, NaN, Infinity]), index: indices(1, 0, 2) },
      attrs: { axis: 0 },
      expected: { y: f32Tensor([3], [NaN, -0, Infinity]) },
    },
    { name: "packed lines: whole words move", inputs: { x: bytes("u8", 2, 5, 3, 7), index: indices(4, 0, 1, 1) }, attrs: { axis: 1 } },
    { name: "channels of images, f32", inputs: { x: fixed(1, 2, 3, 5, 7), index: indices(6, 0, 3) }, attrs: { axis: 3 } },
    { name: "i32", inputs: { x: bytes("i32", 3, 5, 2), index: indices(3, 3, 3) }, attrs: { axis: 1 } },
    { name: "nothing selected", inputs: { x: fixed(2, 3, 5), index: indices() }, attrs: { axis: 1 } },
    { name: "one of one", inputs: { x: bytes("i8", 1), index: indices(0) }, attrs: { axis: 0 } },
    { name: "beyond one workgroup", inputs: { x: bytes("i8", 67, 31), index: indices(...bytes("i32", 53).data) }, attrs: { axis: -1 } },
  ],
  random(r) {
    const shape = Array.from({ length: r.int(1, 4) }, () => r.int(1, 9));
    if (r.int(0, 2) === 0) shape[shape.length - 1] = r.pick(CHANNELS);
    const axis = r.int(0, shape.length - 1);
    const size = shape[axis]!;
    const dtype = r.pick<DType>(["f32", "i32", "i8", "u8"]);
    const x =
      dtype === "f32"
        ? normal(r, shape)
        : tensor(
            dtype,
            shape,
            allocate(dtype, numel(shape)).map(() => r.int(0, 255)),
          );
    const index = indices(...Array.from({ length: r.int(1, 20) }, () => r.int(-1, size)));
    return { name: "random", inputs: { x, index }, attrs: { axis: r.int(0, 1) === 0 ? axis : axis - shape.length } };
  },
};
