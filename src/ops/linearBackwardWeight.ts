/**
 * The gradient of linear in its weight: dweight[o, i] = sum over the leading axes of dy[..., o] * x[..., i]. x f32
 * [..., in], dy [..., out], dweight [out, in]. The reference sums in f64 and rounds once.
 */
import { expectDType, expectShape, fixedDim } from "./check.ts";
import { weightGradient } from "./conv2dBackwardWeight.ts";
import { padded } from "./convolvePad.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import type { OpDef } from "./op.ts";
import { numel, type TensorType } from "../tensor/index.ts";

export const linearBackwardWeight: OpDef = {
  name: "linearBackwardWeight",
  inputs: ["x", "dy"],
  outputs: ["dweight"],
  quantization: "float",

  infer(types, _attrs, where) {
    const { x, dy } = types as Record<string, TensorType>;
    expectDType(where, "x", x!, "f32");
    expectDType(where, "dy", dy!, "f32");
    const out = fixedDim(where, "dy", dy!, -1);
    expectShape(where, "dy", dy!, [...x!.shape.slice(0, -1), out], "must have the leading axes of x");
    return { dweight: { dtype: "f32", shape: [out, fixedDim(where, "x", x!, -1)] } };
  },

  reference(t) {
    const [out, inner] = [t.dy!.shape.at(-1)!, t.x!.shape.at(-1)!];
    const [g, x, sums] = [f32Data(t.dy), f32Data(t.x), f64Zeros([out, inner])];
    for (let from = 0, row = 0; from < g.length; row += inner)
      for (let o = 0; o < out; o++, from++) {
        const d = g[from]!;
        for (let i = 0, k = o * inner; i < inner; i++) sums[k + i]! += d * x[row + i]!;
      }
    return { dweight: rounded([out, inner], sums) };
  },

  kernel({ x, dy }, _attrs, device) {
    const [rows, inner, out] = [numel(x!.shape.slice(0, -1)), x!.shape.at(-1) as number, dy!.shape.at(-1) as number];
    const grid = padded("x", [rows, 1, 1, inner], [0, 0, 0, 0], "grid", device);
    const gradient = padded("dy", [rows, 1, 1, out], [0, 0, 0, 0], "gradient", device);
    return weightGradient({ grid, gradient, kernel: [1, 1], stride: [1, 1], inChannels: inner, outChannels: out }, device);
  },
};
