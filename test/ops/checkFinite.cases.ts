import { checkFinite } from "../../src/ops/checkFinite.ts";
import { scalar, type Tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, normal } from "../support/float.ts";

const inputs = (x: Tensor<"f32">, firstBad: number, step: number) => ({ x, firstBad: scalar("i32", firstBad), step: scalar("i32", step) });
const long = (bad: number, at: number) => {
  const values = Array.from({ length: 4999 }, (_, i) => i);
  values[at] = bad;
  return f32Tensor([4999], values);
};

export const checkFiniteCases: OpCases = {
  op: checkFinite,
  cases: [
    {
      name: "the largest numbers, denormals and zeros are fine",
      inputs: inputs(f32Tensor([5], [3.4e38, -3.4e38, 1e-45, -0, 0]), 0, 7),
      expected: { firstBadOut: scalar("i32", 0) },
    },
    { name: "NaN in the last element", inputs: inputs(long(NaN, 4998), 0, 7), expected: { firstBadOut: scalar("i32", 7) } },
    { name: "-Infinity in the first", inputs: inputs(long(-Infinity, 0), 0, 7), expected: { firstBadOut: scalar("i32", 7) } },
    { name: "Infinity in the middle", inputs: inputs(long(Infinity, 2500), 0, 1), expected: { firstBadOut: scalar("i32", 1) } },
    { name: "the first bad step stays", inputs: inputs(f32Tensor([2], [NaN, 1]), 3, 7), expected: { firstBadOut: scalar("i32", 3) } },
    {
      name: "a bad step is not forgotten when all is well again",
      inputs: inputs(f32Tensor([1], [1]), 3, 7),
      expected: { firstBadOut: scalar("i32", 3) },
    },
  ],
  random(r) {
    const x = normal(r, [r.int(1, 300), r.int(1, 30)]);
    if (r.int(0, 1) === 1) x.data[r.int(0, x.data.length - 1)] = r.pick([NaN, Infinity, -Infinity]);
    return { name: "random", inputs: inputs(x, r.pick([0, 0, 5]), r.int(1, 100)) };
  },
};
