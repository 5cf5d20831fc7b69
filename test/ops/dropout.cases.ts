import { dropout } from "../../src/ops/dropout.ts";
import { scalar } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

const step = (n: number) => scalar("i32", n);

export const dropoutCases: OpCases = {
  op: dropout,
  tolerance: { rtol: 2 ** -23, atol: 0, why: "one multiplication; WGSL leaves the rounding direction open" },
  differentiable: ["x"],
  smooth: (c) => ({ ...c, inputs: { ...c.inputs, x: fixed(9, ...c.inputs["x"]!.shape) } }),
  cases: [
    { name: "half of whole vec4s", inputs: { x: fixed(1, 64, 8), step: step(1) }, attrs: { p: 0.5, seed: 7 } },
    { name: "prime length, the last vec4 incomplete", inputs: { x: fixed(2, 13, 83), step: step(2) }, attrs: { p: 0.3, seed: 8 } },
    { name: "three elements", inputs: { x: fixed(3, 3), step: step(3) }, attrs: { p: 0.5, seed: 1 } },
    {
      name: "p 0 keeps all",
      inputs: { x: f32Tensor([5], [1, 2, 3, 4, 5]), step: step(4) },
      attrs: { p: 0 },
      expected: { y: f32Tensor([5], [1, 2, 3, 4, 5]) },
    },
    { name: "p next to 1 drops nearly all", inputs: { x: fixed(4, 101), step: step(5) }, attrs: { p: 1 - 2 ** -40 } },
    {
      name: "not training: x as it is",
      inputs: { x: fixed(5, 7, 5), step: step(6) },
      attrs: { training: false },
      expected: { y: fixed(5, 7, 5) },
    },
    { name: "the largest seed, a negative step", inputs: { x: fixed(6, 131), step: step(-1) }, attrs: { seed: 2 ** 32 - 1 } },
    {
      name: "NaN and infinities are dropped like others",
      inputs: { x: f32Tensor([8], [NaN, Infinity, -Infinity, 1, NaN, Infinity, -Infinity, 1]), step: step(1) },
      attrs: { p: 0.5, seed: 3 },
    },
  ],
  random: (r) => ({
    name: "random",
    inputs: { x: normal(r, [r.int(1, 40), r.int(1, 40)]), step: step(r.int(1, 1000)) },
    attrs: { p: r.uniform(0, 0.9), seed: r.u32(), training: r.int(0, 4) > 0 },
  }),
};
