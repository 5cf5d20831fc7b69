/** Where the elements of a resized axis come from, as ONNX's Resize has it: places in the axis before, and their weights. */

export interface Sampling {
  readonly mode: "nearest" | "linear" | "cubic";
  readonly nearest: string;
  readonly coordinates: string;
  readonly cubic: number;
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
}

export interface ResizedAxis {
  readonly size: number;
  /** Sizes after and before, as a number that may have a fraction. */
  readonly scale: number;
  readonly length: number;
  /** Start and end of the part that is taken, of tf_crop_and_resize. */
  readonly roi: readonly [number, number];
}

/** For each tap an index and a weight per element of the result; an index of `size` stands for what is outside. */
export interface Taps {
  readonly index: readonly number[];
  readonly weight: readonly number[];
}

/** How an element's place before follows from its place after. */
const places: Readonly<Record<string, (x: number, axis: ResizedAxis) => number>> = {
  half_pixel: (x, { scale }) => (x + 0.5) / scale - 0.5,
  // The centres agree, also where the length is not a whole number of scaled elements.
  half_pixel_symmetric: (x, { scale, size, length }) => (size / 2) * (1 - length / (scale * size)) + (x + 0.5) / scale - 0.5,
  pytorch_half_pixel: (x, { scale, length }) => (length > 1 ? (x + 0.5) / scale - 0.5 : -0.5),
  align_corners: (x, { scale, size }) => (scale * size === 1 ? 0 : (x * (size - 1)) / (scale * size - 1)),
  asymmetric: (x, { scale }) => x / scale,
  tf_crop_and_resize: (x, { scale, size, roi: [start, end] }) =>
    start * (size - 1) + (scale * size === 1 ? ((end - start) * (size - 1)) / 2 : (x * (end - start) * (size - 1)) / (scale * size - 1)),
};

const roundings: Readonly<Record<string, (v: number) => number>> = {
  round_prefer_floor: (v) => Math.ceil(v - 0.5),
  round_prefer_ceil: (v) => Math.floor(v + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

export const isCoordinates = (name: string): boolean => Object.hasOwn(places, name);
export const isNearest = (name: string): boolean => Object.hasOwn(roundings, name);

/** Weights of elements `d` away, in elements. */
const linear = (d: number): number => Math.max(0, 1 - Math.abs(d));
const cubic =
  (a: number) =>
  (d: number): number => {
    const x = Math.abs(d);
    return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
  };

/** How wide the filter of an axis is, and where it begins; shrinking with antialias widens it. */
function filterOf(
  { scale }: ResizedAxis,
  { mode, antialias }: Sampling,
): { readonly stretch: number; readonly first: number; readonly width: number } {
  if (mode === "nearest") return { stretch: 1, first: 0, width: 1 };
  const stretch = antialias ? Math.min(1, scale) : 1;
  const first = Math.floor(-(mode === "cubic" ? 2 : 1) / stretch) + 1;
  return { stretch, first, width: 2 - 2 * first };
}

/** How many taps an axis has. */
export const tapCount = (axis: ResizedAxis, sampling: Sampling): number => filterOf(axis, sampling).width;

/** The taps of an axis, as many as the filter is wide: elements beyond an end are those at the end. */
export function tapsOf(axis: ResizedAxis, sampling: Sampling): readonly Taps[] {
  const { size, length } = axis;
  const { mode } = sampling;
  const { stretch, first, width } = filterOf(axis, sampling);
  const taps = Array.from({ length: width }, () => ({ index: Array<number>(length).fill(0), weight: Array<number>(length).fill(0) }));
  const weightAt = mode === "cubic" ? cubic(sampling.cubic) : linear;
  for (let x = 0; x < length; x++) {
    const place = places[sampling.coordinates]!(x, axis);
    if (sampling.coordinates === "tf_crop_and_resize" && (place < 0 || place > size - 1)) {
      taps.forEach((tap, i) => ((tap.index[x] = size), (tap.weight[x] = i === 0 ? 1 : 0)));
      continue;
    }
    const from = mode === "nearest" ? roundings[sampling.nearest]!(place) : Math.floor(place) + first;
    const weights = taps.map((_, i) => {
      const outside = from + i < 0 || from + i >= size;
      if (mode === "nearest") return 1;
      return sampling.excludeOutside && outside ? 0 : weightAt((from + i - place) * stretch);
    });
    // Those of linear and cubic add up to 1 as they are.
    const sum = sampling.excludeOutside || stretch < 1 ? weights.reduce((s, w) => s + w, 0) : 1;
    taps.forEach((tap, i) => {
      tap.index[x] = Math.max(0, Math.min(size - 1, from + i));
      tap.weight[x] = weights[i]! / sum;
    });
  }
  return taps.filter(({ weight }, i) => i === 0 || weight.some((w) => w !== 0));
}
