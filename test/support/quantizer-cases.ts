/** Inputs that the cases of the quantizing ops share. */
import type { Random } from "../../src/numerics/random.ts";
import { numel, tensor, type Tensor } from "../../src/tensor/index.ts";

export const floats = (shape: readonly number[], data: readonly number[]): Tensor<"f32"> => tensor("f32", shape, data);
export const ints = (shape: readonly number[], data: readonly number[]): Tensor<"i32"> => tensor("i32", shape, data);

/** An f32 with this bit pattern. */
export const fromBits = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0]!;

const make = (shape: readonly number[], value: (i: number) => number): Tensor<"f32"> =>
  tensor(
    "f32",
    shape,
    Float32Array.from({ length: numel(shape) }, (_, i) => value(i)),
  );

export const normals = (r: Random, shape: readonly number[], spread = 1): Tensor<"f32"> => make(shape, () => spread * r.normal());

/** Values on the half steps of `scale` and beside them: where every rounding rule shows. */
export const ties = (shape: readonly number[], scale: number): Tensor<"f32"> =>
  make(shape, (i) => Math.fround((Math.trunc(i / 3) - numel(shape) / 6 + 0.5) * scale) * (1 + ((i % 3) - 1) * 2 ** -23));

/** Everything that saturates, flushes or overflows somewhere; all finite. */
export const extremes = [
  0,
  -0,
  1,
  -1,
  3.4e38,
  -3.4e38,
  1e30,
  -1e30,
  2 ** 31,
  -(2 ** 31),
  2 ** 24,
  -(2 ** 24),
  1e-30,
  -1e-30,
  2 ** -126,
  1e-45,
];

/** Any finite f32, all exponents alike. */
export function anyFloat(r: Random): number {
  for (;;) {
    const x = fromBits(r.u32());
    if (Number.isFinite(x)) return x;
  }
}

/** A shape of this rank with sizes that are rarely multiples of anything. */
export const shapeOf = (r: Random, rank: number, largest = 11): readonly number[] => Array.from({ length: rank }, () => r.int(1, largest));

export interface RandomQparams {
  readonly scale: Tensor<"f32">;
  readonly zeroPoint: Tensor<"i32">;
}

/** Scales around 2^-9 .. 2^1, now and then the smallest; zero points anywhere in the range, often at its ends. */
export function qparams(r: Random, channels: number, quantMin: number, quantMax: number): RandomQparams {
  const scale = make([channels], () => (r.int(0, 9) === 0 ? 2 ** -23 : 2 ** r.uniform(-9, 1)));
  const zeroPoint = Array.from({ length: channels }, () =>
    r.pick([quantMin, quantMax, r.int(quantMin, quantMax), r.int(quantMin, quantMax)]),
  );
  return { scale, zeroPoint: ints([channels], zeroPoint) };
}

/** As `qparams`, at times with zero points in f32 that are no integers. */
export function mixedQparams(
  r: Random,
  channels: number,
  quantMin: number,
  quantMax: number,
): Readonly<Record<"scale" | "zeroPoint", Tensor>> {
  const { scale, zeroPoint } = qparams(r, channels, quantMin, quantMax);
  if (r.int(0, 3) > 0) return { scale, zeroPoint };
  return { scale, zeroPoint: make([channels], (i) => zeroPoint.data[i]! + r.pick([0, 0.5, r.uniform(-0.5, 0.5)])) };
}

export const ranges = [
  { quantMin: -128, quantMax: 127 },
  { quantMin: -127, quantMax: 127 },
  { quantMin: 0, quantMax: 255 },
  { quantMin: 0, quantMax: 127 },
  { quantMin: -8, quantMax: 7 },
  { quantMin: 0, quantMax: 3 },
] as const;

/** An axis of the shape, or null for per tensor, and how many channels that makes. */
export function axisOf(r: Random, shape: readonly number[]): { readonly axis: number | null; readonly channels: number } {
  const axis = shape.length === 0 ? null : r.pick([null, 0, shape.length - 1, r.int(0, shape.length - 1), -1]);
  return { axis, channels: axis === null ? 1 : shape.at(axis)! };
}

/** Values of which most are within the range of the scales, some on ties, some far out. */
export function around(r: Random, shape: readonly number[], scale: number, quantMin: number, quantMax: number): Tensor<"f32"> {
  return make(shape, () => {
    const steps = r.uniform(1.3 * (quantMin - quantMax), 1.3 * (quantMax - quantMin));
    return r.pick([steps * scale, steps * scale, (Math.round(steps) + 0.5) * scale, r.int(0, 20) === 0 ? r.pick(extremes) : steps]);
  });
}

/** Inputs and attributes of learnable fake quantization. Zero points that are no integers, some on ties, some beyond the range; scales also below the floor. */
export function learnedInputs(r: Random) {
  const shape = shapeOf(r, r.int(0, 5), r.pick([3, 5, 7]));
  const { axis, channels } = axisOf(r, shape);
  const range = r.pick(ranges);
  const { scale, zeroPoint } = qparams(r, channels, range.quantMin, range.quantMax);
  const zeros = Array.from(zeroPoint.data, (z) => z + r.pick([0, 0.5, -0.5, r.uniform(-2, 2)]));
  if (r.int(0, 9) === 0) scale.data[0] = r.pick([0, -1, 1e-30]);
  const x = around(r, shape, Math.max(scale.data[0]!, 2 ** -23), range.quantMin, range.quantMax);
  return { inputs: { x, scale, zeroPoint: floats([channels], zeros) }, attrs: { ...range, axis, gradFactor: r.pick([1, 0.1]) }, shape };
}
