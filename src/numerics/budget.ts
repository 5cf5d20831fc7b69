/** Whether 32-bit accumulators can hold what a layer sums. */
import { QuantizationError } from "../errors.ts";
import { allocated } from "../tensor/index.ts";
import type { QuantRange } from "./range.ts";

export interface AccumulatorUse {
  /** Integer weights, output channels first: [oc, ...]. */
  readonly weight: { readonly shape: readonly number[]; readonly data: ArrayLike<number> };
  /** One element or one per output channel; 0 when left out. */
  readonly weightZeroPoint?: ArrayLike<number>;
  /** Per output channel, without the folded -zx * sum(qw): that only moves where the sum starts. */
  readonly bias?: ArrayLike<number>;
  readonly xZeroPoint: number;
  /** The integers that the input can hold. */
  readonly xRange: QuantRange;
}

/** |bias| + sum |qw - zw| * max |qx - zx| per output channel: no accumulator can end beyond it. */
export function accumulatorBounds({ weight, weightZeroPoint, bias, xZeroPoint, xRange }: AccumulatorUse): Float64Array {
  const channels = weight.shape[0] ?? 1;
  const taps = channels === 0 ? 0 : weight.data.length / channels;
  const reach = Math.max(xRange.quantMax - xZeroPoint, xZeroPoint - xRange.quantMin);
  const bounds = allocated("bounds of accumulators", 8 * channels, () => new Float64Array(channels));
  for (let c = 0; c < channels; c++) {
    const zero = weightZeroPoint?.[weightZeroPoint.length === 1 ? 0 : c] ?? 0;
    let sum = 0;
    for (let k = c * taps; k < (c + 1) * taps; k++) sum += Math.abs(weight.data[k]! - zero);
    bounds[c] = Math.abs(bias?.[c] ?? 0) + sum * reach;
  }
  return bounds;
}

/**
 * Intermediate wrap-around is harmless, only the end result counts, so the order of summation does not matter.
 * @throws QuantizationError naming the node and the channel whose sum could reach 2^31.
 */
export function checkAccumulators(where: string, use: AccumulatorUse): void {
  const bounds = accumulatorBounds(use);
  const channel = bounds.findIndex((b) => !(b < 2147483648));
  if (channel < 0) return;
  throw new QuantizationError({
    code: "accumulator-overflow",
    where,
    problem: `the accumulator of output channel ${channel} may exceed i32`,
    expected: "|bias| + sum |weight - zero point| * max |x - zero point| below 2^31",
    got: String(bounds[channel]),
    remedy: "Split the layer's input channels, use fewer bits, or raise the channel's weight scale",
  });
}
