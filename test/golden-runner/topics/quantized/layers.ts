/** Convolutions and linear layers as PyTorch's engines quantize them. */
import { biasScale, quantizeBias } from "../../../../src/numerics/index.ts";
import { numel, tensor, zeros, type Tensor } from "../../../../src/tensor/index.ts";
import { ofXY, storedX, targetY } from "../../attrs.ts";
import type { Adapter, Results } from "../../evaluate.ts";
import { absent, boolean, number, optional, pair, readAttrs, readInputs, tensorOf, type GoldenCase } from "../../golden-case.ts";
import { accumulators, runLayer, weightScales, type Layer } from "../../integer-ops.ts";
import { bothSides, channelsFirst, channelsLast } from "../../layout.ts";
import type { Aids } from "../../tolerance.ts";
import { withExactPre } from "./results.ts";

/**
 * The real values that y_exact_qbias rounds: (acc + bias_q) * M + z. exact_pre holds those of y_exact, with the bias in
 * float, which for a large M are far from these.
 */
function preWithIntegerBias(c: GoldenCase, multiplier: (channel: number) => number, yZeroPoint: number): Aids {
  const [acc, bias] = ["acc", "bias_q"].map((role) => tensorOf(c, c.outputs.get(role) ?? role)) as [Tensor, Tensor];
  const inner = numel(acc.shape.slice(2));
  const pre = Float32Array.from(acc.data, (a, i) => {
    const channel = Math.floor(i / inner) % bias.data.length;
    return (a + bias.data[channel]!) * multiplier(channel) + yZeroPoint;
  });
  return { exactPre: tensor("f32", acc.shape, pre) };
}

const layerAttrs = {
  ...ofXY,
  per_channel: boolean,
  relu: boolean,
  w_scale: optional<number | undefined>(number, undefined),
  w_zero_point: optional(number, 0),
} as const;
const windowAttrs = { stride: pair, padding: pair, dilation: pair, groups: number } as const;
const noWindow = { stride: absent, padding: absent, dilation: absent, groups: absent } as const;

/**
 * fbgemm's tensors are those of rounding floatBias, qnnpack's those of rounding float; y_exact and y_exact_qbias are exact
 * results, near which every rounding must be: the float bias by floatBias, the integer bias by the rest.
 */
export function layer(op: "qconv2d" | "qlinear"): Adapter {
  return async (c, backend): Promise<Results> => {
    const a = readAttrs(c, { ...layerAttrs, ...(op === "qconv2d" ? windowAttrs : noWindow) });
    const inputs = readInputs(c, { x: "u8", w: "i8", "bias?": "f32", "w_scale?": "f32" });
    const weightScale = weightScales(a.w_scale, inputs.w_scale);
    const channels = inputs.w.shape[0]!;
    const bias =
      inputs.bias && quantizeBias(inputs.bias, a.x_scale, tensor("f32", [weightScale.length], Float32Array.from(weightScale)), c.name);
    const scaleOf = (channel: number): number => weightScale[weightScale.length === 1 ? 0 : channel]!;
    const floatBias = Float32Array.from({ length: channels }, (_, o) => (inputs.bias?.data[o] ?? 0) / biasScale(a.x_scale, scaleOf(o)));
    const image = op === "qconv2d";
    const integer = { bias: bias ?? zeros("i32", [channels]) };
    const l: Layer = {
      op,
      x: storedX(image ? channelsLast(inputs.x) : inputs.x, a),
      weight: image ? channelsLast(inputs.w) : inputs.w,
      weightScale,
      weightZeroPoint: a.w_zero_point,
      y: targetY("u8", a),
      groups: a.groups ?? 1,
      attrs: {
        ...(a.stride && a.padding && a.dilation ? { stride: a.stride, padding: bothSides(a.padding), dilation: a.dilation } : {}),
        activation: a.relu ? "relu" : "none",
      },
    };
    const got = await runLayer(backend, l, {
      y_fbgemm: { rounding: "floatBias", bias: tensor("f32", [channels], floatBias) },
      y_qnnpack: { rounding: "float", ...integer },
      [bias ? "y_exact_qbias" : "y_exact"]: { rounding: "singleHalfUp", ...integer },
    });
    // Without the bias: each engine adds its own form of it.
    const all = { ...got, acc: await accumulators(backend, l) };
    const outputs = Object.fromEntries(Object.entries(all).map(([role, y]) => [role, image ? channelsFirst(y) : y]));
    if (!bias) return { outputs, ...withExactPre(c) };
    const multiplier = (channel: number): number => (a.x_scale * scaleOf(channel)) / a.y_scale;
    return {
      outputs: { ...outputs, y_exact: outputs["y_fbgemm"]!, bias_q: bias },
      ...withExactPre(c),
      aidsOf: { y_exact_qbias: preWithIntegerBias(c, multiplier, a.y_zero_point) },
    };
  };
}
