/** Whole tensors of weights and biases to integers, on the host, when a graph is converted. */
import { QuantizationError } from "../errors.ts";
import { allocate, filled, tensor, zeros, type Tensor } from "../tensor/index.ts";
import { channelsOf } from "./channels.ts";
import { chooseQparams, type QparamsFormula } from "./qparams.ts";
import { quantize, type QuantizeRounding } from "./quantize.ts";
import { weightRange, type QuantRange } from "./range.ts";
import { clamp, f32, roundHalfEven } from "./rounding.ts";

/** r = scale * (q - zeroPoint); one element, or one per channel. */
export interface TensorQparams extends QuantRange {
  readonly scale: Tensor<"f32">;
  readonly zeroPoint: Tensor<"i32">;
}

export interface MinMax {
  readonly min: Float32Array;
  readonly max: Float32Array;
}

/** Smallest and largest finite value per channel (`axis` null: of the tensor); +Inf and -Inf where there is none. */
export function minMaxOf(x: Tensor<"f32">, axis: number | null): MinMax {
  const { outer, channels, inner } = channelsOf(x.shape, axis);
  const min = allocate("f32", channels, "minima").fill(Infinity);
  const max = allocate("f32", channels, "maxima").fill(-Infinity);
  let i = 0;
  for (let o = 0; o < outer; o++)
    for (let c = 0; c < channels; c++)
      for (const end = i + inner; i < end; i++) {
        const v = x.data[i]! + 0; // -0 + 0 is 0: both zeros are one value
        if (!Number.isFinite(v)) continue;
        if (v < min[c]!) min[c] = v;
        if (v > max[c]!) max[c] = v;
      }
  return { min, max };
}

/** Scale and zero point for what was observed, element by element. */
export function chooseTensorQparams({ min, max }: MinMax, range: QuantRange, symmetric: boolean, formula?: QparamsFormula): TensorQparams {
  const [scale, zeroPoint] = [zeros("f32", [min.length]), zeros("i32", [min.length])];
  for (let c = 0; c < min.length; c++) {
    const q = chooseQparams(min[c]!, max[c]!, range, symmetric, formula);
    scale.data[c] = q.scale;
    zeroPoint.data[c] = q.zeroPoint;
  }
  return { ...range, scale, zeroPoint };
}

/** The integers of `x`, in an i8 or u8 container. */
export function quantizeTensor<D extends "i8" | "u8">(
  dtype: D,
  x: Tensor<"f32">,
  q: TensorQparams,
  axis: number | null,
  rounding: QuantizeRounding = "reciprocal",
): Tensor<D> {
  const { outer, channels, inner } = channelsOf(x.shape, axis);
  const data = allocate(dtype, x.data.length);
  const y: Int8Array | Uint8Array = data;
  let i = 0;
  for (let o = 0; o < outer; o++)
    for (let c = 0; c < channels; c++)
      for (const end = i + inner; i < end; i++) y[i] = quantize(x.data[i]!, q.scale.data[c]!, q.zeroPoint.data[c]!, q, rounding);
  return tensor(dtype, x.shape, data);
}

export interface QuantizedWeight {
  readonly tensor: Tensor<"i8">;
  readonly qparams: TensorQparams;
}

/**
 * Weights in `bits` bits, symmetric about 0: -127..127 for 8, so s = max |w| / 127. `axis` 0 = per output channel, null =
 * per tensor.
 */
export function quantizeWeight(w: Tensor<"f32">, options: { readonly bits: number; readonly axis: number | null }): QuantizedWeight {
  const qparams = chooseTensorQparams(minMaxOf(w, options.axis), weightRange(options.bits), true);
  return { tensor: quantizeTensor("i8", w, qparams, options.axis), qparams };
}

/** Scale of the accumulators of a channel: f32(s_x * s_w). */
export const biasScale = (xScale: number, weightScale: number): number => f32(xScale * weightScale);

/** The largest |bias| in steps: leaves half of i32 to the sum of products. */
export const BIAS_LIMIT = 2 ** 30;

/**
 * The smallest weight scale >= `weightScale` at which the bias fits: |bias| / f32(s_x * s_w) <= limit. Channels with tiny
 * weights and a real bias need it; their weights become coarser by what they did not contribute anyway.
 */
export function raiseWeightScale(weightScale: number, xScale: number, bias: number, limit = BIAS_LIMIT): number {
  if (!(Math.abs(bias) > limit * biasScale(xScale, weightScale))) return weightScale;
  let raised = f32(Math.abs(bias) / limit / xScale);
  // Roundings of the quotient and of the product can leave it a step short of the limit.
  while (Math.abs(bias) > limit * biasScale(xScale, raised)) raised = f32(raised * (1 + 2 ** -22));
  return raised;
}

/**
 * rhe(bias / f32(s_x * s_w[c])), zero point 0. The quotient is taken in f64.
 * @throws QuantizationError where it does not fit i32, naming `where` and the channel.
 */
export function quantizeBias(bias: Tensor<"f32">, xScale: number, weightScale: Tensor<"f32">, where = "quantizeBias"): Tensor<"i32"> {
  return filled("i32", bias.shape, (c) => {
    const b = bias.data[c]!;
    const scale = biasScale(xScale, weightScale.data[weightScale.data.length === 1 ? 0 : c]!);
    const q = roundHalfEven(b / scale);
    if (!(clamp(q, -2147483647, 2147483647) === q))
      throw new QuantizationError({
        code: "bias-overflow",
        where,
        problem: `the bias of channel ${c} does not fit i32`,
        expected: "|bias| / (x scale * weight scale) below 2^31",
        got: `${b} / ${scale}`,
        remedy: "Raise the channel's weight scale (raiseWeightScale)",
      });
    return q;
  });
}
