import type { Random } from "../../src/numerics/random.ts";
import { unflatten } from "../../src/ops/unflatten.ts";
import { allocate, tensor, type Tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { fixed } from "../support/float.ts";

const bytes = (...shape: number[]): Tensor => {
  const data = allocate(
    "i8",
    shape.reduce((p, d) => p * d, 1),
  );
  return tensor(
    "i8",
    shape,
    data.map((_, i) => (i * 37 + 11) % 256),
  );
};

export const unflattenCases: OpCases = {
  op: unflatten,
  differentiable: ["x"],
  smooth: (c) => ({ ...c, inputs: { x: fixed(1, ...c.inputs["x"]!.shape) } }),
  cases: [
    { name: "f32 keeps its memory", inputs: { x: fixed(1, 2, 105) }, attrs: { dim: 1, sizes: [3, 5, 7] } },
    { name: "i8 to rows of 5: padding appears", inputs: { x: bytes(2, 30) }, attrs: { dim: 1, sizes: [3, 2, 5] } },
    { name: "i8 whole words stay", inputs: { x: bytes(2, 24) }, attrs: { dim: -1, sizes: [3, 8] } },
    { name: "an outer axis of i8", inputs: { x: bytes(6, 5) }, attrs: { dim: 0, sizes: [2, 3] } },
  ],
  random(r: Random) {
    const sizes = Array.from({ length: r.int(1, 3) }, () => r.int(1, 7));
    const size = sizes.reduce((p, d) => p * d, 1);
    return r.int(0, 1) === 0
      ? { name: "random", inputs: { x: bytes(r.int(1, 3), size) }, attrs: { dim: 1, sizes } }
      : { name: "random", inputs: { x: bytes(size, r.int(1, 9)) }, attrs: { dim: 0, sizes } };
  },
};
