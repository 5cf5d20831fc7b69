/** What the topics quantized_ops and tflite_ops share: the constants of an integer layer and its graph. */
import type { Backend } from "../../src/backend/backend.ts";
import { quantizeMultiplier } from "../../src/numerics/index.ts";
import type { Attrs } from "../../src/ops/index.ts";
import { tensor, type Tensor } from "../../src/tensor/index.ts";
import { emit, evaluate, i32s } from "./evaluate.ts";

export interface Layer {
  readonly op: "qconv2d" | "qlinear";
  /** In the project's layout: NHWC or [n, in]. */
  readonly x: Tensor<"i8">;
  /** OHWI or [out, in]. */
  readonly weight: Tensor<"i8">;
  readonly bias: Tensor<"i32">;
  readonly xScale: number;
  readonly xZeroPoint: number;
  /** One element, or one per output channel. */
  readonly weightScale: ArrayLike<number>;
  readonly yScale: number;
  readonly yZeroPoint: number;
  readonly attrs: Attrs;
}

/** Multipliers s_x * s_w / s_y in f64, as (multiplier, exponent) per output channel. */
export function multipliers(
  channels: number,
  l: Pick<Layer, "xScale" | "weightScale" | "yScale">,
): { multiplier: Tensor<"i32">; exponent: Tensor<"i32"> } {
  const fixed = Array.from({ length: channels }, (_, c) =>
    quantizeMultiplier((l.xScale * l.weightScale[l.weightScale.length === 1 ? 0 : c]!) / l.yScale),
  );
  return { multiplier: i32s(...fixed.map((f) => f.multiplier)), exponent: i32s(...fixed.map((f) => f.exponent)) };
}

/** y of an integer convolution or linear layer, its weights packed on the backend. */
export async function runLayer(backend: Backend, l: Layer): Promise<Tensor<"i8">> {
  const channels = l.weight.shape[0]!;
  const taps = l.weight.data.length / channels;
  const weightSum = Int32Array.from({ length: channels }, (_, c) =>
    l.weight.data.subarray(c * taps, (c + 1) * taps).reduce((a, w) => a + w, 0),
  );
  const inputs = {
    x: l.x,
    w: l.weight,
    weightSum: tensor("i32", [channels], weightSum),
    bias: l.bias,
    ...multipliers(channels, l),
    xZeroPoint: i32s(l.xZeroPoint),
    yZeroPoint: i32s(l.yZeroPoint),
  };
  const { y } = await evaluate(backend, inputs, (b) => {
    const { w, ...named } = Object.fromEntries(Object.keys(inputs).map((k) => [k, k]));
    const { y: weight } = emit(b, "packWeight", { w });
    return { y: emit(b, l.op, { ...named, weight }, l.attrs).y! };
  });
  return y as Tensor<"i8">;
}

export interface Addend {
  readonly q: Tensor<"i8">;
  readonly scale: number;
  readonly zeroPoint: number;
}

/** y of an integer addition: inputs shifted left by 20 and scaled to twice the larger scale, then to y's. */
export async function runAdd(
  backend: Backend,
  a: Addend,
  b: Addend,
  y: { scale: number; zeroPoint: number },
  attrs: Attrs,
): Promise<Tensor<"i8">> {
  const twice = 2 * Math.max(a.scale, b.scale);
  const fixed = [a.scale / twice, b.scale / twice, twice / (2 ** 20 * y.scale)].map((m) => quantizeMultiplier(m));
  const inputs = {
    a: a.q,
    b: b.q,
    aZeroPoint: i32s(a.zeroPoint),
    bZeroPoint: i32s(b.zeroPoint),
    yZeroPoint: i32s(y.zeroPoint),
    multiplier: i32s(...fixed.map((f) => f.multiplier)),
    exponent: i32s(...fixed.map((f) => f.exponent)),
  };
  const out = await evaluate(backend, inputs, (g) => ({
    y: emit(g, "qadd", Object.fromEntries(Object.keys(inputs).map((k) => [k, k])), attrs).y!,
  }));
  return out.y as Tensor<"i8">;
}
