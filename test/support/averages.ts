/** What the cases of integer averages share: the inputs besides x. */
import { quantizeMultiplier, roundings } from "../../src/numerics/index.ts";
import type { Random } from "../../src/numerics/random.ts";
import type { Attrs, Tensors } from "../../src/ops/op.ts";
import { scalar, type Tensor } from "../../src/tensor/index.ts";
import { i32Tensor, made, randomI8, randomRange, randomZeroPoint, unsigned } from "./quantized.ts";

export { unsigned };

/** Zero points, and for each count n the multiplier ratio / n. */
export function averaging(counts: readonly number[], ratio = 1, xZeroPoint = 0, yZeroPoint = 0): Tensors {
  const fixed = counts.map((n) => quantizeMultiplier(ratio / n));
  return {
    xZeroPoint: scalar("i32", xZeroPoint),
    yZeroPoint: scalar("i32", yZeroPoint),
    multiplier: i32Tensor(fixed.map((f) => f.multiplier)),
    exponent: i32Tensor(fixed.map((f) => f.exponent)),
  };
}

export const tableTo = (most: number): readonly number[] => Array.from({ length: most + 1 }, (_, i) => Math.max(1, i));

/** x of this shape, what goes with it for these counts, and the attributes of requantization. */
export function randomAveraging(
  r: Random,
  shape: readonly number[],
  counts: readonly number[],
): { readonly inputs: Tensors; readonly attrs: Attrs } {
  const [xSigned, ySigned] = [r.int(0, 2) > 0, r.int(0, 2) > 0];
  const x: Tensor<"i8"> = randomI8(r, shape, -128);
  const [xShift, yShift] = [xSigned ? 0 : 128, ySigned ? 0 : 128];
  const range = randomRange(r);
  // Powers of two make exact ties.
  const ratio = r.pick([1, 0.5, 2, r.uniform(0.1, 3), r.uniform(0.5, 1.5)]);
  const attrs = {
    rounding: r.pick([...roundings, "rawHalfAway"]),
    activation: r.pick(["none", "relu"]),
    dtype: ySigned ? "i8" : "u8",
    quantMin: range.quantMin + yShift,
    quantMax: range.quantMax + yShift,
  };
  const inputs = averaging(counts, ratio, randomZeroPoint(r) + xShift, randomZeroPoint(r, range) + yShift);
  return { inputs: { x: xSigned ? x : unsigned(x), ...inputs }, attrs };
}

/** An even number of pixels, by turns `high` and 1 less, so that averages are ties: sums of channel c are less[c] smaller. */
export function besideTie(shape: readonly number[], high: number, less: readonly number[]): Tensor<"i8"> {
  const x = made(shape, (i) => high - (Math.floor(i / less.length) % 2));
  less.forEach((n, c) => {
    for (let k = 0; k < Math.abs(n); k++) x.data[2 * k * less.length + c]! -= Math.sign(n);
  });
  return x;
}

/** Windows of kh x kw pixels side by side whose sums of stored values above -128 are 0, 1, 2, .. in the first channel, further on in others. */
export function allSums(kh: number, kw: number, channels: number): Tensor<"i8"> {
  const [count, width] = [255 * kh * kw + 1, 37];
  const height = Math.ceil(count / width);
  return made([1, height * kh, width * kw, channels], (i) => {
    const [c, pixel] = [i % channels, Math.floor(i / channels)];
    const [y, x] = [Math.floor(pixel / (width * kw)), pixel % (width * kw)];
    const sum = (Math.floor(y / kh) * width + Math.floor(x / kw) + 131 * c) % count;
    const tap = (y % kh) * kw + (x % kw);
    return Math.floor((sum + tap) / (kh * kw)) - 128;
  });
}
