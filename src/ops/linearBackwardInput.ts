/**
 * The gradient of linear in its input: dx[..., i] = sum over o of dy[..., o] * weight[o, i]. dy f32 [..., out], weight
 * [out, in], dx [..., in]. The reference sums in f64 and rounds once.
 */
import { expectDType, expectRank, expectShape, fixedDim } from "./check.ts";
import { convolve, rowsTarget } from "./convolve.ts";
import { padded } from "./convolvePad.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import type { OpDef } from "./op.ts";
import { numel, sizes, type TensorType } from "../tensor/index.ts";

export const linearBackwardInput: OpDef = {
  name: "linearBackwardInput",
  inputs: ["dy", "weight"],
  outputs: ["dx"],
  quantization: "float",

  infer(types, _attrs, where) {
    const { dy, weight } = types as Record<string, TensorType>;
    expectDType(where, "dy", dy!, "f32");
    expectDType(where, "weight", weight!, "f32");
    expectRank(where, "weight", weight!, 2, "[out, in]");
    const lead = dy!.shape.slice(0, -1);
    expectShape(where, "dy", dy!, [...lead, fixedDim(where, "weight", weight!, 0)], "must end with the weight's output features");
    return { dx: { dtype: "f32", shape: [...lead, fixedDim(where, "weight", weight!, 1)] } };
  },

  reference(t) {
    const [out, inner] = t.weight!.shape as [number, number];
    const shape = [...t.dy!.shape.slice(0, -1), inner];
    const [g, w, sums] = [f32Data(t.dy), f32Data(t.weight), f64Zeros(shape)];
    for (let from = 0, row = 0; from < g.length; row += inner)
      for (let o = 0; o < out; o++, from++) {
        const d = g[from]!;
        for (let i = 0, k = o * inner; i < inner; i++) sums[row + i]! += d * w[k + i]!;
      }
    return { dx: rounded(shape, sums) };
  },

  kernel({ dy, weight }, _attrs, device) {
    const [out, inner] = sizes(weight!.shape) as [number, number];
    const rows = numel(dy!.shape.slice(0, -1));
    return convolve(
      {
        grid: padded("dy", [rows, 1, 1, out], [0, 0, 0, 0], "grid", device),
        weight: "weight",
        channels: { inChannels: out, outChannels: inner, inStep: inner, outStep: 1 },
        targets: [rowsTarget(rows, inner)],
        output: "dx",
      },
      device,
    );
  },
};
