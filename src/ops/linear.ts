/**
 * y[..., o] = act(bias[o] + sum over i of x[..., i] * weight[o, i]), any number of leading axes. x f32 [..., in], weight
 * [out, in], bias [out], y [..., out]. The reference sums in f64 and rounds once.
 */
import { ShapeError } from "../errors.ts";
import { activate, activationCode, activationGrad, expectActivation } from "./activation.ts";
import { expectDType, expectRank, expectShape, fixedDim } from "./check.ts";
import { convolve, rowsTarget } from "./convolve.ts";
import { padded } from "./convolvePad.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import { linearBackwardInput } from "./linearBackwardInput.ts";
import { linearBackwardWeight } from "./linearBackwardWeight.ts";
import type { OpDef } from "./op.ts";
import { sumToSize } from "./sumToSize.ts";
import { formatType, numel, sizes, type TensorType } from "../tensor/index.ts";
import { lowerLinear } from "./qlinear.ts";

export type LinearAttrs = { readonly activation: string };

export const linear: OpDef<LinearAttrs> = {
  name: "linear",
  inputs: ["x", "weight", "bias?"],
  outputs: ["y"],
  quantization: "own",
  weights: ["weight"],
  absorbsActivation: true,
  defaults: { activation: "none" },

  infer(types, { activation }, where) {
    const { x, weight, bias } = types as Record<string, TensorType>;
    expectDType(where, "x", x!, "f32");
    expectDType(where, "weight", weight!, "f32");
    expectRank(where, "weight", weight!, 2, "[out, in]");
    expectActivation(where, activation);
    const [features, expected] = [fixedDim(where, "x", x!, -1), fixedDim(where, "weight", weight!, 1)];
    if (features !== expected)
      throw new ShapeError({
        code: "channel-mismatch",
        where,
        problem: `x has ${features} features, weight expects ${expected}`,
        expected: `weight [out, ${features}]`,
        got: `x ${formatType(x!)} as [..., in], weight ${formatType(weight!)}`,
      });
    const out = fixedDim(where, "weight", weight!, 0);
    if (bias) {
      expectDType(where, "bias", bias, "f32");
      expectShape(where, "bias", bias, [out], "must hold one value per output feature");
    }
    return { y: { dtype: "f32", shape: [...x!.shape.slice(0, -1), out] } };
  },

  reference(t, { activation }) {
    const [out, inner] = t.weight!.shape as [number, number];
    const shape = [...t.x!.shape.slice(0, -1), out];
    const [x, w, sums] = [f32Data(t.x), f32Data(t.weight), f64Zeros(shape)];
    if (t.bias) for (let i = 0; i < sums.length; i += out) sums.set(f32Data(t.bias), i);
    for (let to = 0, row = 0; to < sums.length; row += inner)
      for (let o = 0; o < out; o++, to++) {
        let sum = sums[to]!;
        for (let i = 0, k = o * inner; i < inner; i++) sum += x[row + i]! * w[k + i]!;
        sums[to] = sum;
      }
    const y = rounded(shape, sums);
    activate(y.data, activation);
    return { y };
  },

  grad(b, { inputs, outputs, attrs }, grads) {
    if (!grads.y) return {};
    const dy = activationGrad(b, attrs.activation, grads.y, outputs.y!);
    return {
      x: b.emit(linearBackwardInput, { dy, weight: inputs.weight }).dx!,
      weight: b.emit(linearBackwardWeight, { x: inputs.x, dy }).dweight!,
      ...(inputs.bias && { bias: b.emit(sumToSize, { x: dy }, { shape: sizes(b.type(inputs.bias).shape) }).y! }),
    };
  },

  lower: lowerLinear,

  kernel({ x, weight, bias }, { activation }, device) {
    const [out, inner] = sizes(weight!.shape) as [number, number];
    const rows = numel(x!.shape.slice(0, -1));
    return convolve(
      {
        grid: padded("x", [rows, 1, 1, inner], [0, 0, 0, 0], "grid", device),
        weight: "weight",
        channels: { inChannels: inner, outChannels: out, inStep: 1, outStep: inner },
        targets: [rowsTarget(rows, out)],
        bias: bias && "bias",
        activation: activationCode(activation),
        output: "y",
      },
      device,
    );
  },
};
