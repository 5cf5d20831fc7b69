/** Topic quantized_ops: PyTorch's quantized ops. Activations are u8. */
import type { Attrs } from "../../../src/ops/index.ts";
import * as shared from "../attrs.ts";
import type { Adapter, Adapters } from "../evaluate.ts";
import { absent, boolean, number, numbers, readAttrs, readInputs, type Parsed, type Parsers } from "../golden-case.ts";
import { runLowered } from "../integer-ops.ts";
import { channelsFirst, channelsLast } from "../layout.ts";
import { layer } from "./quantized/layers.ts";
import { quantizePerChannel, quantizePerTensor, requantize } from "./quantized/quantize.ts";
import { everyEngine, rounding, withExactPre } from "./quantized/results.ts";

const kept = { scale: number, zero_point: number } as const;

/** An op of one input whose output keeps its scale and zero point; images unless `layout` says otherwise. */
const keeping =
  <const S extends Parsers>(name: string, spec: S, attrs: (parsed: Parsed<S>) => Attrs, layout: "image" | "any" = "image"): Adapter =>
  async (c, backend) => {
    const a = readAttrs(c, { ...spec, ...kept });
    const { scale, zero_point: zeroPoint } = a as Parsed<typeof kept>;
    const { x } = readInputs(c, { x: "u8" });
    const image = layout === "image";
    const stored = { q: image ? channelsLast(x) : x, scale, zeroPoint };
    const y = await runLowered(backend, name, { x: stored }, { dtype: "u8", scale, zeroPoint }, attrs(a as Parsed<S>), rounding);
    return { outputs: everyEngine(image ? channelsFirst(y) : y), ...withExactPre(c) };
  };

/** Two inputs and an output, each with parameters of its own. */
const binary =
  (name: string): Adapter =>
  async (c, backend) => {
    const r = readAttrs(c, { ...shared.ofABY, relu: boolean });
    const inputs = shared.readAB(c, "u8", r);
    const attrs = { activation: r.relu ? "relu" : "none" };
    return { outputs: everyEngine(await runLowered(backend, name, inputs, shared.targetY("u8", r), attrs, rounding)), ...withExactPre(c) };
  };

const cat: Adapter = async (c, backend) => {
  const r = readAttrs(c, { dim: number, scales: numbers, zero_points: numbers, ...shared.ofY });
  const { x } = readInputs(c, { "x#0": "u8" });
  const inputs = Object.fromEntries(x.map((q, i) => [`x${i}`, { q, scale: r.scales[i]!, zeroPoint: r.zero_points[i]! }]));
  return {
    outputs: everyEngine(await runLowered(backend, "concat", inputs, shared.targetY("u8", r), { axis: r.dim }, rounding)),
    ...withExactPre(c),
  };
};

/** A function of one value with an output range of its own. */
const byTable =
  (name: string): Adapter =>
  async (c, backend) => {
    const r = readAttrs(c, { ...shared.ofXY, negative_slope: name === "leakyRelu" ? number : absent });
    const x = shared.readX(c, "u8", r);
    const attrs: Attrs = r.negative_slope === undefined ? {} : { negativeSlope: r.negative_slope };
    return { outputs: everyEngine(await runLowered(backend, name, { x }, shared.targetY("u8", r), attrs, rounding)), ...withExactPre(c) };
  };

export const quantizedOps: Adapters = new Map<string, Adapter>([
  ["qconv2d", layer("qconv2d")],
  ["qconv2d_relu", layer("qconv2d")],
  ["qlinear", layer("qlinear")],
  ["qlinear_relu", layer("qlinear")],
  ["relu", keeping("relu", {}, () => ({}), "any")],
  ["relu6", keeping("relu6", {}, () => ({}), "any")],
  ["clamp", keeping("clamp", { min: number, max: number }, (a) => a, "any")],
  ["hardtanh", keeping("clamp", { min: number, max: number }, (a) => a, "any")],
  ["max_pool2d", keeping("maxPool2d", shared.maxPool, shared.maxPoolAttrs)],
  ["avg_pool2d", keeping("avgPool2d", shared.avgPool, shared.avgPoolAttrs)],
  ["adaptive_avg_pool2d", keeping("adaptiveAvgPool2d", shared.adaptivePool, shared.adaptivePoolAttrs)],
  ["quantized.add", binary("add")],
  ["quantized.add_relu", binary("add")],
  ["quantized.mul", binary("mul")],
  ["quantized.mul_relu", binary("mul")],
  ["quantized.cat", cat],
  ["quantized.hardswish", byTable("hardSwish")],
  ["quantized.sigmoid", byTable("sigmoid")],
  ["quantized.leaky_relu", byTable("leakyRelu")],
  ["upsample_nearest2d_x2", keeping("upsampleNearest2d", {}, () => ({ scale: [2, 2] }))],
  ["quantize_per_tensor", quantizePerTensor],
  ["quantize_per_channel", quantizePerChannel],
  ["requantize", requantize],
]);
