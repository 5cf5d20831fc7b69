/** The cases of the broadcasting binary ops: the same shapes and traps for each of them. */
import type { OpDef } from "../../src/ops/op.ts";
import type { OpCase, OpCases } from "./cases.ts";
import { f32Tensor, fixed, normal } from "./float.ts";

const smooth = (c: OpCase): OpCase => ({ ...c, attrs: { activation: "none" } });
const one = { rtol: 2 ** -23, atol: 0, why: "one operation; WGSL leaves the rounding direction open" };

/** `adapt` moves the inputs of a case to where the function is smooth. */
export const broadcastCases = (
  op: OpDef,
  of: (a: number, b: number) => number,
  {
    tolerance = one,
    cases = [],
    adapt = (c) => c,
  }: { tolerance?: OpCases["tolerance"]; cases?: readonly OpCase[]; adapt?: (c: OpCase) => OpCase } = {},
): OpCases => ({
  op,
  tolerance,
  differentiable: ["a", "b"],
  smooth: (c) => adapt(smooth(c)),
  cases: [
    { name: "same shape", inputs: { a: fixed(1, 3, 5, 7), b: fixed(2, 3, 5, 7) } },
    {
      name: "same shape with relu, the last vec4 incomplete",
      inputs: { a: fixed(3, 257), b: fixed(4, 257) },
      attrs: { activation: "relu" },
    },
    { name: "same shape with relu6, whole vec4s", inputs: { a: fixed(3, 13, 4), b: fixed(4, 13, 4) }, attrs: { activation: "relu6" } },
    {
      name: "a row over channels",
      inputs: { a: f32Tensor([2, 3], [1, 2, 3, 4, 5, 6]), b: f32Tensor([3], [10, 20, 30]) },
      expected: { y: f32Tensor([2, 3], [of(1, 10), of(2, 20), of(3, 30), of(4, 10), of(5, 20), of(6, 30)]) },
    },
    {
      name: "both sides are broadcast: a column and a row",
      inputs: { a: f32Tensor([2, 1], [1, 2]), b: f32Tensor([1, 3], [10, 20, 30]) },
      expected: { y: f32Tensor([2, 3], [of(1, 10), of(1, 20), of(1, 30), of(2, 10), of(2, 20), of(2, 30)]) },
    },
    { name: "the left side is the smaller one", inputs: { a: fixed(5, 5, 1), b: fixed(6, 2, 3, 5, 7) } },
    { name: "a scalar, beyond one workgroup", inputs: { a: fixed(7, 23, 61), b: fixed(8, 1) } },
    { name: "six axes that alternate", inputs: { a: fixed(9, 2, 1, 3, 1, 2, 1), b: fixed(10, 1, 3, 1, 2, 1, 5) } },
    { name: "a mask over pixels, relu", inputs: { a: fixed(11, 2, 3, 5, 1), b: fixed(12, 2, 3, 5, 7) }, attrs: { activation: "relu" } },
    { name: "a factor for each channel of each image", inputs: { a: fixed(15, 3, 2, 5, 8), b: fixed(16, 3, 1, 1, 8) } },
    { name: "rows of one: a column over a stack", inputs: { a: fixed(17, 5, 7, 1), b: fixed(18, 7, 1) } },
    { name: "sizes of 1 that are no broadcast", inputs: { a: fixed(13, 1, 7, 1), b: fixed(14, 1, 7, 1) } },
    ...cases,
  ],
  random(r) {
    const shape = Array.from({ length: r.int(1, 5) }, () => r.int(1, 6));
    const side = (): number[] => shape.map((d) => (r.int(0, 2) === 0 ? 1 : d)).slice(r.int(0, 1));
    const [a, b] = [side(), side()];
    return { name: "random", inputs: { a: normal(r, a), b: normal(r, b) }, attrs: { activation: r.pick(["none", "relu", "relu6"]) } };
  },
});
