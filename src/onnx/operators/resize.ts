/**
 * Resize and Upsample, axis by axis: each element is a weighted sum of few others, picked by indices that are known when the
 * model is loaded. Nearest takes any element type, other modes floats; scales and sizes have to be known.
 */
import { add } from "../../ops/add.ts";
import { mul } from "../../ops/mul.ts";
import type { Value } from "../../ops/op.ts";
import { upsampleNearest2d } from "../../ops/upsampleNearest2d.ts";
import { float, floats, int, ints, text } from "../attributes.ts";
import type { Context } from "../context.ts";
import { isCoordinates, isNearest, tapCount, tapsOf, type ResizedAxis, type Sampling, type Taps } from "../interpolation.ts";
import { quote } from "../names.ts";
import { channelsLast, inOrder, type Made } from "../operand.ts";
import { operator } from "../operator.ts";
import { along, selected, withConstant } from "./pad.ts";

interface Job {
  readonly sampling: Sampling;
  /** ONNX's axes and what becomes of them. */
  readonly axes: ReadonlyMap<number, ResizedAxis>;
  /** What lies outside, of tf_crop_and_resize. */
  readonly outside: number;
}

function resized(c: Context, { sampling, axes, outside }: Job): void {
  const x = c.input(0);
  if (sampling.mode !== "nearest") c.expectType(x, "float");
  const lying = c.lying(x);
  for (const to of axes.values()) c.expectTable(to.length * tapCount(to, sampling));
  const taps = new Map([...axes].map(([axis, to]) => [axis, tapsOf(to, sampling)]));
  const scale = wholeScale(lying, axes, taps);
  if (scale && x.type === "float") return c.output(0, c.emit(upsampleNearest2d, { x: lying.value }, { scale }).y!, { axes: lying.axes });
  let { value } = lying;
  for (const [axis, { size, length }] of axes) {
    const [at, all] = [lying.axes.indexOf(axis), taps.get(axis)!];
    const isSame = size === length && all.length === 1 && all[0]!.index.every((from, i) => from === i);
    if (isSame) continue;
    const beyond = all.some(({ index }) => index.includes(size));
    value = combined(c, beyond ? withConstant(c, value, at, [0, 1], outside) : value, at, all);
  }
  c.output(0, value, { axes: lying.axes });
}

/** The sum of the taps of an axis. */
function combined(c: Context, x: Value, axis: number, taps: readonly Taps[]): Value {
  const rank = c.typeOf(x).shape.length;
  return taps
    .map(({ index, weight }) => {
      const part = selected(c, x, axis, index);
      return weight.every((w) => w === 1)
        ? part
        : c.emit(mul, { a: part, b: c.constant(along("f32", rank, axis, weight), "weight") }, {}, "weighted").y!;
    })
    .reduce((a, b) => c.emit(add, { a, b }, {}, "sum").y!);
}

/** Factors of an image, where each pixel becomes a block: what upsampleNearest2d does. */
function wholeScale(
  { axes, from }: Made,
  resizedAxes: Job["axes"],
  taps: ReadonlyMap<number, readonly Taps[]>,
): readonly number[] | undefined {
  if (axes.length !== 4 || !axes.every((a, i) => a === channelsLast(4)[i]) || [...resizedAxes.keys()].some((a) => a < 2)) return undefined;
  const factors = [2, 3].map((axis) => (resizedAxes.get(axis)?.length ?? (from[axis] as number)) / (from[axis] as number));
  const isBlocks = [...taps].every(
    ([axis, [tap, second]]) => !second && tap!.index.every((at, i) => at === Math.floor(i / factors[axis - 2]!)),
  );
  return isBlocks && factors.every((f) => Number.isInteger(f) && f > 0) ? factors : undefined;
}

/** Scales that the file gives for these axes. */
function byScales(c: Context, scales: readonly number[], axes: readonly number[], roi: Roi = () => [0, 1]): Job["axes"] {
  if (scales.length !== axes.length || !scales.every((s) => s > 0 && s < 2 ** 31))
    c.fail("bad-attribute", "scales do not fit", `${axes.length} positive numbers`, `[${scales.slice(0, 8).join(", ")}]`);
  return resizedAxes(c, axes, (size, i) => ({ size, scale: scales[i]!, length: Math.floor(size * scales[i]!), roi: roi(i) }));
}

type Roi = (i: number) => readonly [number, number];

/** Axes that are not resized are left out, a symbolic one among them. */
function resizedAxes(c: Context, axes: readonly number[], of: (size: number, i: number) => ResizedAxis): Job["axes"] {
  const x = c.input(0);
  return new Map(
    axes.flatMap((axis, i) => {
      const size = x.shape[axis]!;
      // A scale of 1 does nothing to an axis of any size.
      const to = of(typeof size === "number" ? size : 1, i);
      if (typeof size === "number") return [[axis, to] as const];
      return to.scale === 1 ? [] : c.unsupported("resizing a symbolic axis");
    }),
  );
}

type Policy = (scales: readonly number[]) => number;
const policies: Readonly<Record<string, Policy>> = { not_larger: (s) => Math.min(...s), not_smaller: (s) => Math.max(...s) };

/** Sizes; with a policy the axes keep their proportions, and the sizes are bounds. */
function bySizes(c: Context, sizes: readonly number[], axes: readonly number[], policy: string, roi: Roi): Job["axes"] {
  if (sizes.length !== axes.length || !sizes.every((s) => Number.isSafeInteger(s) && s > 0 && s < 2 ** 31))
    c.fail("bad-attribute", "sizes do not fit", `${axes.length} sizes`, `[${sizes.slice(0, 8).join(", ")}]`);
  if (policy === "stretch") return resizedAxes(c, axes, (size, i) => ({ size, scale: sizes[i]! / size, length: sizes[i]!, roi: roi(i) }));
  if (!Object.hasOwn(policies, policy)) return c.unsupported(`keep_aspect_ratio_policy ${quote(policy)}`);
  const scale = policies[policy]!(sizes.map((s, i) => s / Number(c.input(0).shape[axes[i]!])));
  return resizedAxes(c, axes, (size, i) => ({ size, scale, length: Math.floor(scale * size + 0.5), roi: roi(i) }));
}

const plain = { nearest: "floor", coordinates: "asymmetric", cubic: -0.75, excludeOutside: false, antialias: false };

const modes: ReadonlyMap<string, Sampling["mode"]> = new Map([
  ["nearest", "nearest"],
  ["linear", "linear"],
  // As Upsample called it.
  ["bilinear", "linear"],
  ["cubic", "cubic"],
]);

const modeOf = (c: Context, mode: string): Sampling["mode"] => modes.get(mode) ?? c.unsupported(`mode ${quote(mode)}`);

/** The first versions: all axes by scales, which are an attribute of Upsample before version 9 of the operator set. */
function early(c: Context, scales: readonly number[] | undefined, mode: string): void {
  const axes = byScales(c, scales ?? c.fail("missing-attribute", "has no scales"), inOrder(c.input(0).shape.length));
  resized(c, { sampling: { ...plain, mode: modeOf(c, mode) }, axes, outside: 0 });
}

/** Input i, where it is there and holds anything. */
function given(c: Context, i: number): readonly number[] | undefined {
  const x = c.optional(i);
  return x && x.shape[0] !== 0 ? c.knownNumbers(i) : undefined;
}

export const resizes = [
  operator({
    type: "Upsample",
    since: 7,
    inputs: [1, 1],
    attributes: { mode: text("nearest"), scales: floats() },
    emit: (c) => early(c, c.attributes.scales, c.attributes.mode),
  }),
  operator({
    type: "Upsample",
    since: 9,
    inputs: [2, 2],
    attributes: { mode: text("nearest") },
    emit: (c) => early(c, c.knownNumbers(1), c.attributes.mode),
  }),
  operator({
    type: "Resize",
    since: 10,
    inputs: [2, 2],
    attributes: { mode: text("nearest") },
    emit: (c) => early(c, c.knownNumbers(1), c.attributes.mode),
  }),
  operator({
    type: "Resize",
    since: 11,
    inputs: [1, 4],
    attributes: {
      antialias: int(0),
      axes: ints(),
      coordinate_transformation_mode: text("half_pixel"),
      cubic_coeff_a: float(-0.75),
      exclude_outside: int(0),
      extrapolation_value: float(0),
      keep_aspect_ratio_policy: text("stretch"),
      mode: text("nearest"),
      nearest_mode: text("round_prefer_floor"),
    },
    emit(c) {
      const { attributes: a } = c;
      const rank = c.input(0).shape.length;
      const axes = a.axes ? a.axes.map((axis) => c.axis(axis, rank)) : inOrder(rank);
      const coordinates = a.coordinate_transformation_mode;
      if (!isCoordinates(coordinates)) c.unsupported(`coordinate_transformation_mode ${quote(coordinates)}`);
      if (!isNearest(a.nearest_mode)) c.unsupported(`nearest_mode ${quote(a.nearest_mode)}`);
      const sampling: Sampling = {
        mode: modeOf(c, a.mode),
        nearest: a.nearest_mode,
        coordinates,
        cubic: a.cubic_coeff_a,
        excludeOutside: a.exclude_outside !== 0,
        antialias: a.antialias !== 0,
      };
      const bounds = coordinates === "tf_crop_and_resize" ? given(c, 1) : undefined;
      if (bounds ? bounds.length !== 2 * axes.length : coordinates === "tf_crop_and_resize")
        c.fail("shape-mismatch", "roi does not fit", `${2 * axes.length} numbers`, `${bounds?.length ?? 0}`);
      const roi: Roi = (i) => (bounds ? [bounds[i]!, bounds[i + axes.length]!] : [0, 1]);
      const [scales, sizes] = [given(c, 2), given(c, 3)];
      if ((scales === undefined) === (sizes === undefined)) c.fail("missing-input", "scales or sizes have to be given, and not both");
      const to = scales ? byScales(c, scales, axes, roi) : bySizes(c, sizes!, axes, a.keep_aspect_ratio_policy, roi);
      resized(c, { sampling, axes: to, outside: a.extrapolation_value });
    },
  }),
];
