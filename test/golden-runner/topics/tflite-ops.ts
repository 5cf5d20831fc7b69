/** Topic tflite_ops: TFLite's int8 ops, NHWC, and vectors of its fixed-point arithmetic. */
import { clamp, quantizeMultiplier, requantize, type IntegerRounding } from "../../../src/numerics/index.ts";
import type { Attrs } from "../../../src/ops/index.ts";
import { tensor, zeros, type Tensor } from "../../../src/tensor/index.ts";
import { emit, evaluate, f32s, i32s, type Adapter, type Adapters } from "../evaluate.ts";
import { absent, boolean, information, number, oneOf, only, optional, pair, quad, readAttrs, readInputs, Refused } from "../golden-case.ts";
import { multipliers, runLayer } from "../integer-ops.ts";

const notOffered = (rounding: string): string => `rounding ${rounding} is not offered`;

/** How an activation becomes clamp bounds; act_min and act_max are what the reference kernel clamped to. */
function fused(a: { activation: "none" | "relu" | "relu6"; act_min: number; act_max: number }, zeroPoint: number): Attrs {
  const low = a.activation === "none" ? -128 : zeroPoint;
  const high = a.activation === "relu6" ? a.act_max : 127;
  if (a.act_min !== low || a.act_max !== high)
    throw new Refused(`activation ${a.activation} with bounds ${a.act_min}..${a.act_max} is not offered`);
  return { activation: a.activation === "none" ? "none" : "relu", rounding: "singleHalfUp", quantMin: -128, quantMax: high };
}

/** The golden data's [top, left, bottom, right] as [top, bottom, left, right]. */
const paddingOf = ([top, left, bottom, right]: readonly [number, number, number, number]): readonly number[] => [top, bottom, left, right];

const layerAttrs = {
  activation: oneOf("none", "relu", "relu6"),
  per_channel: boolean,
  x_scale: number,
  x_zero_point: number,
  y_scale: number,
  y_zero_point: number,
  act_min: number,
  act_max: number,
  w_scale: optional<number | undefined>(number, undefined),
} as const;
const windowAttrs = { stride: pair, pad: quad, padding: information, dilation: only([1, 1]) } as const;
const noWindow = { stride: absent, pad: absent } as const;

function layer(op: "qconv2d" | "qlinear"): Adapter {
  return async (c, backend) => {
    const a = readAttrs(c, { ...layerAttrs, ...(op === "qconv2d" ? windowAttrs : noWindow) });
    const { x, w, bias, w_scale: channelScales } = readInputs(c, { x: "i8", w: "i8", "bias?": "i32", "w_scale?": "f32" });
    const weightScale = channelScales?.data ?? (a.w_scale === undefined ? undefined : [a.w_scale]);
    if (!weightScale) throw new Refused("a weight without a scale is not offered");
    const channels = w.shape[0]!;
    const scales = { xScale: a.x_scale, weightScale, yScale: a.y_scale };
    const window: Attrs = a.stride && a.pad ? { stride: a.stride, padding: paddingOf(a.pad) } : {};
    const y = await runLayer(backend, {
      op,
      x,
      weight: w,
      bias: bias ?? zeros("i32", [channels]),
      ...scales,
      xZeroPoint: a.x_zero_point,
      yZeroPoint: a.y_zero_point,
      attrs: { ...window, ...fused(a, a.y_zero_point) },
    });
    const { multiplier, exponent } = multipliers(weightScale.length, scales);
    return {
      outputs: { y_single_half_up: y, mult: multiplier, shift: exponent },
      refused: {
        y: notOffered(op === "qconv2d" ? "doubleHalfAway" : "singleHalfAway"),
        y_double_half_away: notOffered("doubleHalfAway"),
        y_single_half_away: notOffered("singleHalfAway"),
        y_double_half_up: notOffered("doubleHalfUp"),
        acc: "the accumulator is not an output of the op",
      },
    };
  };
}

const maxPool: Adapter = async (c, backend) => {
  const a = readAttrs(c, {
    kernel: pair,
    stride: pair,
    pad: quad,
    padding: information,
    activation: oneOf("none", "relu"),
    scale: number,
    zero_point: number,
    act_min: number,
    act_max: number,
  });
  fused(a, a.zero_point);
  const inputs = { x: readInputs(c, { x: "i8" }).x, zeroPoint: i32s(a.zero_point) };
  const { y } = await evaluate(backend, inputs, (b) => {
    const pooled = emit(b, "qmaxPool2d", { x: "x" }, { kernel: a.kernel, stride: a.stride, padding: paddingOf(a.pad) }).y!;
    return { y: a.activation === "none" ? pooled : emit(b, "qrelu", { x: pooled, zeroPoint: "zeroPoint" }).y! };
  });
  return { outputs: { y: y! } };
};

const relu: Adapter = async (c, backend) => {
  const a = readAttrs(c, {
    x_scale: number,
    x_zero_point: number,
    y_scale: number,
    y_zero_point: number,
    act_min: number,
    act_max: number,
    multipliers: information,
  });
  const { x } = readInputs(c, { x: "i8" });
  if (a.x_scale !== a.y_scale || a.x_zero_point !== a.y_zero_point)
    throw new Refused("a relu that requantizes (rounding doubleHalfAway) is not offered");
  fused({ ...a, activation: "relu" }, a.y_zero_point);
  const inputs = { x, zeroPoint: i32s(a.x_zero_point) };
  const { y } = await evaluate(backend, inputs, (b) => ({ y: emit(b, "qrelu", { x: "x", zeroPoint: "zeroPoint" }).y! }));
  return { outputs: { y: y! } };
};

const quantizeFloat: Adapter = async (c, backend) => {
  const a = readAttrs(c, { y_scale: number, y_zero_point: number });
  const inputs = { x: readInputs(c, { x: "f32" }).x, scale: f32s(a.y_scale), zeroPoint: i32s(a.y_zero_point) };
  const attrs = { dtype: "i8", quantMin: -128, quantMax: 127, axis: null, rounding: "tflite" };
  const { y } = await evaluate(backend, inputs, (b) => ({
    y: emit(b, "quantize", { x: "x", scale: "scale", zeroPoint: "zeroPoint" }, attrs).y!,
  }));
  return { outputs: { y: y! } };
};

const dequantize: Adapter = async (c, backend) => {
  const a = readAttrs(c, { x_scale: number, x_zero_point: number });
  const inputs = { x: readInputs(c, { x: "i8" }).x, scale: f32s(a.x_scale), zeroPoint: i32s(a.x_zero_point) };
  const { y } = await evaluate(backend, inputs, (b) => ({
    y: emit(b, "dequantize", { x: "x", scale: "scale", zeroPoint: "zeroPoint" }, { axis: null }).y!,
  }));
  return { outputs: { y: y! } };
};

const otherRules = new Map<string, IntegerRounding>([
  ["double_half_away", "doubleHalfAway"],
  ["single_half_away", "singleHalfAway"],
  ["double_half_up", "doubleHalfUp"],
]);

/**
 * acc * (mult, shift). On the CPU the scalar function, by every rule. On a GPU as the bias of a linear layer without
 * weights, one output channel a vector, whose i8 output is the vector's result clamped to -128..127; only for the rule that
 * the kernels have.
 */
const requantizeVectors: Adapter = async (c, backend) => {
  readAttrs(c, { count: information, differ_from_single_half_away: information });
  const { acc, mult, shift } = readInputs(c, { acc: "i32", mult: "i32", shift: "i32" });
  const each = (rounding: IntegerRounding): Tensor<"i32"> =>
    tensor(
      "i32",
      acc.shape,
      Int32Array.from(acc.data, (v, i) => requantize(v, mult.data[i]!, shift.data[i]!, rounding)),
    );
  const others = [...otherRules];
  if (backend.kind === "cpu")
    return {
      outputs: { single_half_up: each("singleHalfUp"), ...Object.fromEntries(others.map(([role, rounding]) => [role, each(rounding)])) },
    };
  const n = acc.data.length;
  const [x, w, weightSum, zero] = [zeros("i8", [1, 1]), zeros("i8", [n, 1]), zeros("i32", [n]), i32s(0)];
  const inputs = { x, w, weightSum, bias: acc, multiplier: mult, exponent: shift, xZeroPoint: zero, yZeroPoint: zero };
  const attrs = { activation: "none", rounding: "singleHalfUp", quantMin: -128, quantMax: 127 };
  const { y } = await evaluate(backend, inputs, (b) => {
    const { w, ...named } = Object.fromEntries(Object.keys(inputs).map((k) => [k, k]));
    return { y: emit(b, "qlinear", { ...named, weight: emit(b, "packWeight", { w }).y! }, attrs).y! };
  });
  // Where i8 cannot hold the result, the clamped answer vouches for the scalar one, which the CPU's line compares.
  const got = each("singleHalfUp").data.map((v, i) => (clamp(v, -128, 127) === y!.data[i]! ? v : y!.data[i]!));
  return {
    outputs: { single_half_up: tensor("i32", acc.shape, got) },
    refused: Object.fromEntries(others.map(([role, rounding]) => [role, notOffered(rounding)])),
  };
};

const quantizeMultipliers: Adapter = async (c, backend) => {
  readAttrs(c, {});
  const { real } = readInputs(c, { real: "f32" });
  if (backend.kind !== "cpu") throw new Refused("multipliers are made on the host, before a graph runs");
  const fixed = Array.from(real.data, (r) => quantizeMultiplier(r));
  return { outputs: { mult: i32s(...fixed.map((f) => f.multiplier)), shift: i32s(...fixed.map((f) => f.exponent)) } };
};

/** These requantize by doubleHalfAway only: the golden data has no tensor of another rule to compare with. */
const doubleHalfAwayOnly: Adapter = () => Promise.reject(new Refused(notOffered("doubleHalfAway")));

export const tfliteOps: Adapters = new Map<string, Adapter>([
  ["conv2d", layer("qconv2d")],
  ["fully_connected", layer("qlinear")],
  ["add", doubleHalfAwayOnly],
  ["requantize_int8", doubleHalfAwayOnly],
  ["max_pool", maxPool],
  ["relu", relu],
  ["quantize_float", quantizeFloat],
  ["dequantize", dequantize],
  ["requantize_vectors", requantizeVectors],
  ["quantize_multiplier", quantizeMultipliers],
]);
