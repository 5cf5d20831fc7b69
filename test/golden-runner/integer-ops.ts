/** What the topics quantized_ops and tflite_ops share: integer layers by several roundings; ops lowered, or through real numbers. */
import type { Backend } from "../../src/backend/backend.ts";
import type { GraphBuilder } from "../../src/graph/index.ts";
import { requantizeMultiplier, type FixedPoint, type Rounding } from "../../src/numerics/index.ts";
import type { Attrs, Value } from "../../src/ops/index.ts";
import { allocate, tensor, type Tensor } from "../../src/tensor/index.ts";
import { emitLowered, fullRange, type Byte, type LoweredNode, type Target as StoredAs } from "../support/lowered.ts";
import { emit, evaluate, f32s, i32s, opNamed } from "./evaluate.ts";
import { Refused } from "./golden-case.ts";

/** Stored integers and what they mean. */
export interface Stored {
  readonly q: Tensor<Byte>;
  readonly scale: number;
  readonly zeroPoint: number;
}

/** What an output is quantized to. */
export type Target = StoredAs & { readonly scale: number };

/** One way to compute a layer. */
export interface Way {
  readonly rounding: Rounding;
  /** i32, or f32 in steps of the accumulator for floatBias. */
  readonly bias: Tensor<"i32" | "f32">;
}

export interface Layer {
  readonly op: "qconv2d" | "qlinear";
  /** In the project's layout: NHWC or [n, in]. */
  readonly x: Stored;
  /** OHWI or [out, in]. */
  readonly weight: Tensor<"i8">;
  /** One element, or one per output channel. */
  readonly weightScale: ArrayLike<number>;
  readonly weightZeroPoint: number;
  readonly y: Target;
  readonly groups?: number;
  readonly attrs: Attrs;
}

/** @throws Refused without any scale. */
export function weightScales(perTensor: number | undefined, perChannel: Tensor<"f32"> | undefined): ArrayLike<number> {
  if (perChannel) return perChannel.data;
  if (perTensor === undefined) throw new Refused("a weight without a scale is not offered");
  return [perTensor];
}

const fixedTensors = (fixed: readonly FixedPoint[]): Readonly<Record<"multiplier" | "exponent", Tensor<"i32">>> => ({
  multiplier: i32s(...fixed.map((f) => f.multiplier)),
  exponent: i32s(...fixed.map((f) => f.exponent)),
});

/** Multipliers s_x * s_w / s_y per output channel as the rounding takes them. */
export function multipliers(
  channels: number,
  l: Pick<Layer, "x" | "weightScale" | "y">,
  rounding: Rounding,
): { readonly multiplier: Tensor<"i32">; readonly exponent: Tensor<"i32"> } {
  const w = (c: number): number => l.weightScale[l.weightScale.length === 1 ? 0 : c]!;
  return fixedTensors(Array.from({ length: channels }, (_, c) => requantizeMultiplier(rounding, { x: l.x.scale, w: w(c), y: l.y.scale })));
}

/** y of an integer convolution or linear layer in each of the ways, by its name; weights are packed on the backend. */
export async function runLayer(backend: Backend, l: Layer, ways: Readonly<Record<string, Way>>): Promise<Readonly<Record<string, Tensor>>> {
  const channels = l.weight.shape[0]!;
  const taps = l.weight.data.length / channels;
  const weightSum = Int32Array.from({ length: channels }, (_, c) =>
    l.weight.data.subarray(c * taps, (c + 1) * taps).reduce((a, w) => a + w, 0),
  );
  const shared = {
    x: l.x.q,
    weightSum: tensor("i32", [channels], weightSum),
    xZeroPoint: i32s(l.x.zeroPoint),
    yZeroPoint: i32s(l.y.zeroPoint),
    ...(l.weightZeroPoint === 0 ? {} : { weightZeroPoint: i32s(...new Array<number>(channels).fill(l.weightZeroPoint)) }),
  };
  const groups: Attrs = l.groups === undefined || l.groups === 1 ? {} : { groups: l.groups };
  return await evaluate(backend, { ...shared, w: l.weight }, (b) => {
    const { y: weight } = emit(b, "packWeight", { w: "w" }, groups);
    const named = Object.fromEntries(Object.keys(shared).map((k) => [k, k]));
    const outputs = Object.entries(ways).map(([role, { rounding, bias }]): [string, Value] => {
      const constants = Object.entries({ bias, ...multipliers(channels, l, rounding) }).map(([k, t]) => [k, b.constant(t, `${role}.${k}`)]);
      const inputs = { ...named, weight, ...(Object.fromEntries(constants) as Record<string, Value>) };
      return [role, emit(b, l.op, inputs, { dtype: l.y.dtype, ...fullRange(l.y.dtype), ...l.attrs, ...groups, rounding }).y!];
    });
    return Object.fromEntries(outputs);
  });
}

/** Below this the sums of whole f32 numbers are exact in any order. */
const EXACT = 2 ** 24;

/** Numbers of -256 .. 255 as sums of planes times 2^(bits * k), all but the last without a sign. */
const planesOf = (data: Int32Array, bits: number): readonly Float32Array[] =>
  Array.from({ length: 8 / bits }, (_, k) =>
    Float32Array.from(data, (v) => ((k + 1) * bits === 8 ? v >> (k * bits) : (v >> (k * bits)) & ((1 << bits) - 1))),
  );

/**
 * sum (x - z_x) * (w - z_w) + bias in i32, by the float op that the layer comes from: exact while every sum of magnitudes
 * stays below 2^24. Where it could be more, the weights are split into planes of fewer bits, whose sums the host adds.
 */
export async function accumulators(
  backend: Backend,
  { op, x, weight, weightZeroPoint, groups = 1, attrs: { stride, padding, dilation } }: Omit<Layer, "weightScale" | "y">,
  bias?: Tensor<"i32">,
): Promise<Tensor<"i32">> {
  const [q, w] = [Float32Array.from(x.q.data, (v) => v - x.zeroPoint), Int32Array.from(weight.data, (v) => v - weightZeroPoint)];
  const largest = q.reduce((a, v) => Math.max(a, Math.abs(v)), 0);
  const taps = w.length / weight.shape[0]!;
  const fits = (plane: Float32Array): boolean =>
    weight.shape[0]! === 0 ||
    Array.from({ length: weight.shape[0]! }, (_, c) => plane.subarray(c * taps, (c + 1) * taps).reduce((a, v) => a + Math.abs(v), 0)).every(
      (sum) => sum * largest < EXACT,
    );
  const bits = [8, 4, 2, 1].find((n) => planesOf(w, n).every(fits));
  if (bits === undefined) throw new Refused(`accumulators over ${taps} weights are not offered`);
  const planes = Object.fromEntries(planesOf(w, bits).map((data, k) => [`plane${k}`, tensor("f32", weight.shape, data)]));
  const attrs: Attrs = op === "qlinear" ? {} : { groups, ...(stride ? { stride, padding, dilation } : {}) };
  const sums = await evaluate(backend, { x: tensor("f32", x.q.shape, q), ...planes }, (b) =>
    Object.fromEntries(Object.keys(planes).map((k) => [k, emit(b, op.slice(1), { x: "x", weight: k }, attrs).y!])),
  );
  const first = sums["plane0"]!;
  const [acc, channels] = [allocate("i32", first.data.length), first.shape.at(-1)!];
  Object.values(sums).forEach(({ data }, k) => data.forEach((v: number, i: number) => (acc[i]! += v * 2 ** (bits * k))));
  if (bias) acc.forEach((v, i) => (acc[i] = v + bias.data[i % channels]!));
  return tensor("i32", first.shape, acc);
}

/**
 * y of the integer form of a float op: what the op's own `lower` emits for these inputs and this rounding. Without `y` the
 * output keeps the parameters of the input `x`.
 */
export async function runLowered(
  backend: Backend,
  name: string,
  inputs: Readonly<Record<string, Stored>>,
  y: Target | undefined,
  attrs: Attrs,
  rounding: Rounding,
): Promise<Tensor> {
  const op = opNamed(name);
  if (!op.lower) throw new Refused(`${name} has no integer form`);
  const feeds = Object.fromEntries(Object.entries(inputs).map(([key, { q }]) => [key, q]));
  const read = Object.entries(inputs).map(([key, { q, scale, zeroPoint }]) => [
    key,
    { value: key, as: { dtype: q.dtype, scale, zeroPoint } },
  ]);
  const node = { name: "node", inputs: Object.fromEntries(read) as LoweredNode["inputs"], y, attrs, rounding };
  return (await evaluate(backend, feeds, (b) => ({ y: emitLowered(b, op, node) }))).y!;
}

/** y of an integer op whose inputs are x, both zero points and multipliers s_x / (s_y * n) for each of the counts n. */
export async function runScaled(
  backend: Backend,
  name: string,
  x: Stored,
  y: Target,
  attrs: Attrs,
  rounding: Rounding,
  counts: readonly number[] = [1],
): Promise<Tensor> {
  const fixed = counts.map((n) => requantizeMultiplier(rounding, { x: x.scale, y: y.scale * n }));
  const inputs = { x: x.q, xZeroPoint: i32s(x.zeroPoint), yZeroPoint: i32s(y.zeroPoint), ...fixedTensors(fixed) };
  const all = { dtype: y.dtype, ...fullRange(y.dtype), rounding, ...attrs };
  const named = Object.fromEntries(Object.keys(inputs).map((k) => [k, k]));
  return (await evaluate(backend, inputs, (b) => ({ y: emit(b, name, named, all).y! }))).y!;
}

/** y through real numbers: x dequantized, `between` where there is a function, and quantized as `attrs` say. */
export async function throughReals(
  backend: Backend,
  x: Stored,
  y: Target,
  attrs: Attrs,
  between: (b: GraphBuilder, real: Value) => Value = (_, real) => real,
): Promise<Tensor> {
  const inputs = { x: x.q, xScale: f32s(x.scale), xZeroPoint: i32s(x.zeroPoint), yScale: f32s(y.scale), yZeroPoint: i32s(y.zeroPoint) };
  const got = await evaluate(backend, inputs, (b) => {
    const real = between(b, emit(b, "dequantize", { x: "x", scale: "xScale", zeroPoint: "xZeroPoint" }).y!);
    const to = { dtype: y.dtype, ...fullRange(y.dtype), axis: null, ...attrs };
    return { y: emit(b, "quantize", { x: real, scale: "yScale", zeroPoint: "yZeroPoint" }, to).y! };
  });
  return got.y!;
}
