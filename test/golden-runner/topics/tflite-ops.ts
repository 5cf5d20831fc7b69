/** Topic tflite_ops: TFLite's int8 ops, NHWC, and vectors of its fixed-point arithmetic. */
import { clamp, quantizeMultiplier, requantize, type Rounding } from "../../../src/numerics/index.ts";
import type { Attrs } from "../../../src/ops/index.ts";
import { tensor, zeros, type Tensor } from "../../../src/tensor/index.ts";
import { ofABY, ofXY, ofY, readAB, readX, storedX, targetY } from "../attrs.ts";
import { emit, evaluate, f32s, i32s, type Adapter, type Adapters } from "../evaluate.ts";
import {
  absent,
  boolean,
  information,
  number,
  oneOf,
  optional,
  pair,
  quad,
  readAttrs,
  readInputs,
  Refused,
  tensorOf,
} from "../golden-case.ts";
import {
  accumulators,
  multipliers,
  runLayer,
  runLowered,
  runScaled,
  throughReals,
  weightScales,
  type Layer,
  type Stored,
} from "../integer-ops.ts";
import { permute } from "../layout.ts";

/** How an activation becomes clamp bounds; act_min and act_max are what the reference kernel clamped to. */
function fused(a: { activation: "none" | "relu" | "relu6"; act_min: number; act_max: number }, zeroPoint: number): Attrs {
  const low = a.activation === "none" ? -128 : zeroPoint;
  const high = a.activation === "relu6" ? a.act_max : 127;
  if (a.act_min !== low || a.act_max !== high)
    throw new Refused(`activation ${a.activation} with bounds ${a.act_min}..${a.act_max} is not offered`);
  return { activation: a.activation === "none" ? "none" : "relu", quantMin: -128, quantMax: high };
}

/** The golden data's [top, left, bottom, right] as [top, bottom, left, right]. */
const paddingOf = ([top, left, bottom, right]: readonly [number, number, number, number]): readonly number[] => [top, bottom, left, right];

const layerAttrs = {
  activation: oneOf("none", "relu", "relu6"),
  per_channel: boolean,
  ...ofXY,
  act_min: number,
  act_max: number,
  w_scale: optional<number | undefined>(number, undefined),
} as const;
const windowAttrs = { stride: pair, pad: quad, padding: information, dilation: pair } as const;
const noWindow = { stride: absent, pad: absent, dilation: absent } as const;

/** The roundings of TFLite's kernels by the roles of the golden data. */
const ways = new Map<string, Rounding>([
  ["double_half_away", "doubleHalfAway"],
  ["single_half_away", "singleHalfAway"],
  ["single_half_up", "singleHalfUp"],
  ["double_half_up", "doubleHalfUp"],
]);

/** `reference`: the rounding of the kernel whose result the role y holds. */
function layer(op: "qconv2d" | "qlinear", reference: string, depthwise = false): Adapter {
  return async (c, backend) => {
    const a = readAttrs(c, {
      ...layerAttrs,
      ...(op === "qconv2d" ? windowAttrs : noWindow),
      depth_multiplier: depthwise ? number : absent,
    });
    const { x, w, bias: given, w_scale: channelScales } = readInputs(c, { x: "i8", w: "i8", "bias?": "i32", "w_scale?": "f32" });
    const weightScale = weightScales(a.w_scale, channelScales);
    // Depthwise weights are [1, kh, kw, channels].
    const weight = depthwise ? permute(w, [3, 1, 2, 0]) : w;
    const bias = given ?? zeros("i32", [weight.shape[0]!]);
    const l: Layer = {
      op,
      x: storedX(x, a),
      weight,
      weightScale,
      weightZeroPoint: 0,
      y: targetY("i8", a),
      groups: depthwise ? x.shape[3]! : 1,
      attrs: {
        ...(a.stride && a.pad && a.dilation ? { stride: a.stride, padding: paddingOf(a.pad), dilation: a.dilation } : {}),
        ...fused(a, a.y_zero_point),
      },
    };
    const got = await runLayer(backend, l, Object.fromEntries([...ways].map(([role, rounding]) => [`y_${role}`, { rounding, bias }])));
    const { multiplier, exponent } = multipliers(weightScale.length, l, "singleHalfUp");
    return {
      outputs: { ...got, y: got[`y_${reference}`]!, acc: await accumulators(backend, l, bias), mult: multiplier, shift: exponent },
    };
  };
}

/** What the reference kernels of everything but fully_connected round by. */
const rounding = "doubleHalfAway";

const poolAttrs = {
  kernel: pair,
  stride: pair,
  pad: quad,
  padding: information,
  activation: oneOf("none", "relu", "relu6"),
  scale: number,
  zero_point: number,
  act_min: number,
  act_max: number,
} as const;

const maxPool: Adapter = async (c, backend) => {
  const a = readAttrs(c, poolAttrs);
  fused(a, a.zero_point);
  const stored = (q: Tensor): Stored => ({ q: q as Tensor<"i8">, scale: a.scale, zeroPoint: a.zero_point });
  const attrs = { kernel: a.kernel, stride: a.stride, padding: paddingOf(a.pad) };
  const pooled = await runLowered(backend, "maxPool2d", { x: stored(readInputs(c, { x: "i8" }).x) }, undefined, attrs, rounding);
  return {
    outputs: {
      y: a.activation === "none" ? pooled : await runLowered(backend, a.activation, { x: stored(pooled) }, undefined, {}, rounding),
    },
  };
};

/** TFLite averages the stored values; SAME padding never counts. */
const averagePool: Adapter = async (c, backend) => {
  const a = readAttrs(c, poolAttrs);
  const x = { q: readInputs(c, { x: "i8" }).x, scale: a.scale, zeroPoint: a.zero_point };
  const window = { kernel: a.kernel, stride: a.stride, padding: paddingOf(a.pad), countIncludePad: false };
  const counts = new Array<number>(a.kernel[0] * a.kernel[1] + 1).fill(1);
  const attrs = { ...window, ...fused(a, a.zero_point), rounding: "rawHalfAway" };
  return {
    outputs: {
      y: await runScaled(backend, "qavgPool2d", x, { dtype: "i8", scale: a.scale, zeroPoint: a.zero_point }, attrs, rounding, counts),
    },
  };
};

const binary =
  (name: string): Adapter =>
  async (c, backend) => {
    const r = readAttrs(c, {
      ...ofABY,
      activation: oneOf("none", "relu", "relu6"),
      act_min: number,
      act_max: number,
      multipliers: information,
    });
    fused(r, r.y_zero_point);
    const inputs = readAB(c, "i8", r);
    return { outputs: { y: await runLowered(backend, name, inputs, targetY("i8", r), { activation: r.activation }, rounding) } };
  };

/** Requantization, alone or with an activation: TFLite's RELU and RELU6 have scales of their own for y. */
const requantizing =
  (activation: "none" | "relu" | "relu6"): Adapter =>
  async (c, backend) => {
    const a = readAttrs(c, { ...ofXY, act_min: number, act_max: number, multipliers: information });
    const attrs = fused({ ...a, activation }, a.y_zero_point);
    return { outputs: { y: await runScaled(backend, "requantize", readX(c, "i8", a), targetY("i8", a), attrs, rounding) } };
  };

const concatenation: Adapter = async (c, backend) => {
  const a = readAttrs(c, { axis: number, scale: number, zero_point: number });
  const { x } = readInputs(c, { "x#0": "i8" });
  const inputs = Object.fromEntries(x.map((q, i) => [`x${i}`, { q, scale: a.scale, zeroPoint: a.zero_point }]));
  const y = { dtype: "i8", scale: a.scale, zeroPoint: a.zero_point } as const;
  return { outputs: { y: await runLowered(backend, "concat", inputs, y, { axis: a.axis }, rounding) } };
};

const meanHw: Adapter = async (c, backend) => {
  const a = readAttrs(c, ofXY);
  const y = await runLowered(backend, "mean", { x: readX(c, "i8", a) }, targetY("i8", a), { axes: [1, 2] }, rounding);
  return { outputs: { y }, aids: { exactPre: tensorOf(c, c.outputs.get("exact_pre")!) }, aidRoles: ["exact_pre"] };
};

/** Softmax has no integer form: real values between dequantize and quantize. */
const softmax: Adapter = async (c, backend) => {
  const a = readAttrs(c, ofXY);
  const x = readX(c, "i8", a);
  const y = await throughReals(backend, x, targetY("i8", a), { rounding: "tflite" }, (b, real) => emit(b, "softmax", { x: real }).y!);
  return { outputs: { y } };
};

const quantizeFloat: Adapter = async (c, backend) => {
  const a = readAttrs(c, ofY);
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

/**
 * acc * (mult, shift). On the CPU the scalar function. On a GPU as the bias of a linear layer without weights, one output
 * channel a vector, whose i8 output is the vector's result clamped to -128..127.
 */
const requantizeVectors: Adapter = async (c, backend) => {
  readAttrs(c, { count: information, differ_from_single_half_away: information });
  const { acc, mult, shift } = readInputs(c, { acc: "i32", mult: "i32", shift: "i32" });
  const n = acc.data.length;
  const [x, w, weightSum, zero] = [zeros("i8", [1, 1]), zeros("i8", [n, 1]), zeros("i32", [n]), i32s(0)];
  const inputs = { x, w, weightSum, bias: acc, multiplier: mult, exponent: shift, xZeroPoint: zero, yZeroPoint: zero };
  const clamped =
    backend.kind === "cpu"
      ? undefined
      : await evaluate(backend, inputs, (b) => {
          const { w, ...named } = Object.fromEntries(Object.keys(inputs).map((k) => [k, k]));
          const weight = emit(b, "packWeight", { w }).y!;
          return Object.fromEntries([...ways].map(([role, rounding]) => [role, emit(b, "qlinear", { ...named, weight }, { rounding }).y!]));
        });
  const outputs = [...ways].map(([role, rounding]): [string, Tensor] => {
    const all = acc.data.map((v, i) => requantize(v, mult.data[i]!, shift.data[i]!, rounding));
    // Where i8 cannot hold the result, the clamped answer vouches for the scalar one, which the CPU's line compares.
    const y = clamped?.[role]?.data;
    return [role, tensor("i32", acc.shape, y ? all.map((v, i) => (clamp(v, -128, 127) === y[i]! ? v : y[i]!)) : all)];
  });
  return { outputs: Object.fromEntries(outputs) };
};

/** Made on the host, whatever runs the graph. */
const quantizeMultipliers: Adapter = (c) => {
  readAttrs(c, {});
  const fixed = Array.from(readInputs(c, { real: "f32" }).real.data, (r) => quantizeMultiplier(r));
  const outputs = { mult: i32s(...fixed.map((f) => f.multiplier)), shift: i32s(...fixed.map((f) => f.exponent)) };
  return Promise.resolve({ outputs });
};

export const tfliteOps: Adapters = new Map<string, Adapter>([
  ["conv2d", layer("qconv2d", "double_half_away")],
  ["depthwise_conv2d", layer("qconv2d", "double_half_away", true)],
  ["fully_connected", layer("qlinear", "single_half_away")],
  ["max_pool", maxPool],
  ["average_pool", averagePool],
  ["add", binary("add")],
  ["sub", binary("sub")],
  ["mul", binary("mul")],
  ["relu", requantizing("relu")],
  ["relu6", requantizing("relu6")],
  ["requantize_int8", requantizing("none")],
  ["quantize_float", quantizeFloat],
  ["dequantize", dequantize],
  ["concatenation", concatenation],
  ["softmax", softmax],
  ["mean_hw", meanHw],
  ["requantize_vectors", requantizeVectors],
  ["quantize_multiplier", quantizeMultipliers],
]);
