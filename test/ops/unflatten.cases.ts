import type { Random } from "../../src/numerics/random.ts";
import { unflatten } from "../../src/ops/unflatten.ts";
import { allocate, tensor, type Tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { CHANNELS } from "../support/quantized.ts";
import { randomBytes, type Byte } from "../support/requantized.ts";
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
    if (r.int(0, 2) === 0) sizes[sizes.length - 1] = r.pick(CHANNELS);
    const size = sizes.reduce((p, d) => p * d, 1);
    const [outer, inner] = [r.pick([[], [r.int(1, 3)]]), r.pick([[], [r.pick(CHANNELS)], [r.int(1, 3), r.pick(CHANNELS)]])];
    const x = randomBytes(r, r.pick<Byte>(["i8", "u8"]), [...outer, size, ...inner]);
    return { name: "random", inputs: { x }, attrs: { dim: outer.length, sizes } };
  },
};
