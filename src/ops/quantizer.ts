/** What the quantizing ops share: their attributes, the checks on them, and how their threads lie on a tensor. */
import { QuantizationError } from "../errors.ts";
import { channelsOf, expectRange, resolveAxis, type Channels } from "../numerics/index.ts";
import { numel, sizes, type Dim, type DType, type TensorType } from "../tensor/index.ts";
import { expectDType, expectShape, fixedDim } from "./check.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, KernelCall, Shader, Types, Variant } from "./op.ts";

export type FakeQuantizeAttrs = {
  readonly quantMin: number;
  readonly quantMax: number;
  /** The axis that scale and zeroPoint run along; null = one for the whole tensor. */
  readonly axis: number | null;
};

/** [1] or [channels]: the shape of what is kept per tensor or per channel of `x`. */
export function perChannelShape(where: string, x: TensorType, axis: number | null): readonly Dim[] {
  return axis === null ? [1] : [fixedDim(where, "x", x, resolveAxis(where, x.shape.length, axis))];
}

/** Checks `name`, one value per tensor or per channel of `x`. @throws DTypeError | ShapeError | QuantizationError */
export function expectScale(where: string, name: string, types: Types, axis: number | null, ...dtypes: readonly DType[]): void {
  const why = axis === null ? "must hold one element (axis is null: per tensor)" : `must hold one element per channel of x (axis ${axis})`;
  expectDType(where, name, types[name]!, ...dtypes);
  expectShape(where, name, types[name]!, perChannelShape(where, types.x!, axis), why);
}

/** Checks `scale` and `zeroPoint` against `x`. @throws DTypeError | ShapeError | QuantizationError */
export function expectQparams(where: string, types: Types, axis: number | null, zeroPoint: readonly DType[] = ["i32"]): void {
  expectScale(where, "scale", types, axis, "f32");
  expectScale(where, "zeroPoint", types, axis, ...zeroPoint);
}

/** infer of the ops that take x f32, scale and zeroPoint (of these element types) and keep x's type. */
export function inferFakeQuantize(types: Types, attrs: FakeQuantizeAttrs, where: string, zeroPoint?: readonly DType[]): TensorType {
  expectDType(where, "x", types.x!, "f32");
  expectRange(where, attrs);
  expectQparams(where, types, attrs.axis, zeroPoint);
  return types.x!;
}

/** What a range may hold by element type; i32 as much as leaves room to add and subtract a zero point. */
const containers: Partial<Readonly<Record<DType, readonly [number, number]>>> = {
  i8: [-128, 127],
  u8: [0, 255],
  i32: [-(2 ** 30), 2 ** 30 - 1],
};

/** @throws QuantizationError unless the integers fit the container. */
export function expectContainer(where: string, dtype: DType, range: { readonly quantMin: number; readonly quantMax: number }): void {
  if (dtype !== "i32") expectRange(where, range);
  const [low, high] = containers[dtype] ?? [0, -1];
  if (!(low <= range.quantMin && range.quantMin < range.quantMax && range.quantMax <= high))
    throw new QuantizationError({
      code: "bad-quant-range",
      where,
      problem: "the range does not fit the element type",
      expected: `i8 with -128..127, u8 with 0..255 or i32 with -2^30..2^30 - 1`,
      got: `${dtype} with ${range.quantMin}..${range.quantMax}`,
    });
}

const WORKGROUP = 64;

/** Threads that fill the device, more than which only have less to do each. */
const enoughThreads = (device: DeviceInfo): number => (device.software ? 512 : 16384);

/**
 * Words of 4 elements a thread. A thread of a quantizing op takes a reciprocal in integers, about 100 operations, and
 * should have enough to do to forget it, but not so much that threads become few.
 */
function wordsPerThread(total: number, device: DeviceInfo): number {
  const [least, most] = device.software ? [8, 64] : [4, 16];
  return Math.min(most, Math.max(least, Math.floor(total / enoughThreads(device))));
}

/** A plan over words: params of lib/words.wgsl, and whether all rows are whole words (the vec4 shaders apply). */
export interface WordGrid extends Pick<KernelCall, "workgroups"> {
  readonly params: Readonly<Record<string, number>>;
  readonly whole: boolean;
  /** Threads a channel. */
  readonly lanes: number;
}

/**
 * Threads over x in words of 4 elements (lib/words.wgsl): each stays within one channel and strides by the lanes,
 * neighbours on neighbouring words. `packed` when one side is packed, whose rows are the innermost axis; otherwise rows
 * are as long as the channels allow. `few`: no more threads than fill the device, whatever each has to do.
 */
export function wordGrid(
  x: TensorType,
  axis: number | null,
  device: DeviceInfo,
  options: { readonly packed: boolean; readonly few?: boolean },
): WordGrid {
  const shape = sizes(x.shape);
  const last = axis !== null && resolveAxis("wordGrid", shape.length, axis) === shape.length - 1;
  const all = channelsOf(shape, axis);
  const rowLength = options.packed ? (shape.at(-1) ?? 1) : last ? all.channels : all.inner;
  const rowWords = ceilDiv(rowLength, 4);
  const words = options.packed
    ? channelsOf([...shape.slice(0, -1), rowWords], shape.length === 0 ? null : axis)
    : { ...all, ...(last ? { channels: rowWords } : { inner: rowWords }) };
  const { outer, channels, inner } = words;
  const total = outer * channels * inner;
  const perThread = Math.max(wordsPerThread(total, device), options.few ? ceilDiv(total, enoughThreads(device)) : 0);
  const innerLanes = Math.max(1, ceilDiv(inner, perThread));
  const perLane = Math.max(1, ceilDiv(inner, innerLanes));
  const outerLanes = Math.max(1, ceilDiv(outer, Math.max(1, Math.floor(perThread / perLane))));
  return {
    params: { outer, channels, inner, outerLanes, innerLanes, rowLength, rowWords, laneStep: last ? 1 : 0 },
    workgroups: dispatch1d(outerLanes * channels * innerLanes, WORKGROUP, device),
    // An empty tensor's buffer is smaller than one vec4.
    whole: rowLength % 4 === 0 && numel(shape) > 0,
    lanes: outerLanes * innerLanes,
  };
}

/** The vec4 shader where rows are whole words, else the one for any rows. */
export function wordVariants(
  grid: WordGrid,
  vec4: Shader,
  any: Shader,
  call: Pick<KernelCall, "constants" | "params">,
): readonly Variant[] {
  const variant = (name: string, shader: Shader, when: boolean): Variant => ({
    name,
    when,
    calls: [
      {
        shader,
        workgroups: grid.workgroups,
        constants: call.constants,
        params: { ...grid.params, ...call.params },
      },
    ],
  });
  return [variant("vec4", vec4, grid.whole), variant("any", any, true)];
}

/** Of a bound type. */
export const typeChannels = (x: TensorType, axis: number | null): Channels => channelsOf(sizes(x.shape), axis);

/** Calls `f` with each element's index and channel. */
export function forEachElement({ outer, channels, inner }: Channels, f: (i: number, channel: number) => void): void {
  let i = 0;
  for (let o = 0; o < outer; o++) for (let c = 0; c < channels; c++) for (const end = i + inner; i < end; i++) f(i, c);
}
