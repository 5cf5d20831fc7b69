/** What the quantizing ops share: their attributes, the checks on them, and how their threads lie on a tensor. */
import { QuantizationError } from "../errors.ts";
import { channelsOf, expectRange, resolveAxis, type Channels } from "../numerics/index.ts";
import { isPacked, sizes, type Dim, type DType, type TensorType } from "../tensor/index.ts";
import { expectDType, expectShape, fixedDim } from "./check.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, KernelCall, Types } from "./op.ts";

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

/** Checks `scale` and `zeroPoint` against `x`. @throws DTypeError | ShapeError | QuantizationError */
export function expectQparams(where: string, types: Types, axis: number | null): void {
  const shape = perChannelShape(where, types.x!, axis);
  const why = axis === null ? "must hold one element (axis is null: per tensor)" : `must hold one element per channel of x (axis ${axis})`;
  expectDType(where, "scale", types.scale!, "f32");
  expectShape(where, "scale", types.scale!, shape, why);
  expectDType(where, "zeroPoint", types.zeroPoint!, "i32");
  expectShape(where, "zeroPoint", types.zeroPoint!, shape, why);
}

/** infer of the ops that take x f32, scale and zeroPoint and keep x's type. */
export function inferFakeQuantize(types: Types, attrs: FakeQuantizeAttrs, where: string): TensorType {
  expectDType(where, "x", types.x!, "f32");
  expectRange(where, attrs);
  expectQparams(where, types, attrs.axis);
  return types.x!;
}

/** @throws QuantizationError unless the integers fit the container. */
export function expectContainer(where: string, dtype: DType, range: { readonly quantMin: number; readonly quantMax: number }): void {
  expectRange(where, range);
  const [low, high] = dtype === "i8" ? [-128, 127] : [0, 255];
  if (!isPacked(dtype) || range.quantMin < low || range.quantMax > high)
    throw new QuantizationError({
      code: "bad-quant-range",
      where,
      problem: "the range does not fit the element type",
      expected: `i8 with -128..127 or u8 with 0..255`,
      got: `${dtype} with ${range.quantMin}..${range.quantMax}`,
    });
}

const WORKGROUP = 64;

/**
 * Elements a thread. Each thread takes a reciprocal in integers, about 100 operations, and should have enough to do to
 * forget it; a hardware GPU wants more threads, and is waiting for memory anyway.
 */
const itemsPerThread = (device: DeviceInfo): number => (device.software ? 64 : 16);

/**
 * Threads over [outer, channels, inner]: each stays within one channel and strides by the lanes, neighbours on
 * neighbouring elements. Params and workgroups of a shader that includes lib/channels.wgsl.
 */
export function channelGrid(
  { outer, channels, inner }: Channels,
  device: DeviceInfo,
  items = itemsPerThread(device),
): Pick<KernelCall, "params" | "workgroups"> {
  const innerLanes = Math.max(1, ceilDiv(inner, items));
  const perLane = Math.max(1, ceilDiv(inner, innerLanes));
  const outerLanes = Math.max(1, ceilDiv(outer, Math.max(1, Math.floor(items / perLane))));
  return {
    params: { outer, channels, inner, outerLanes, innerLanes },
    workgroups: dispatch1d(outerLanes * channels * innerLanes, WORKGROUP, device),
  };
}

/** Of a bound type. */
export const typeChannels = (x: TensorType, axis: number | null): Channels => channelsOf(sizes(x.shape), axis);

/**
 * The same over the words of a packed tensor. Along the innermost axis the four lanes of a word are four channels:
 * a thread then owns a column of words, and `laneStep` is 1.
 */
export function wordChannels(
  x: TensorType,
  axis: number | null,
): { readonly words: Channels; readonly rowLength: number; readonly rowWords: number; readonly laneStep: number } {
  const shape = sizes(x.shape);
  const rowLength = shape.at(-1) ?? 1;
  const rowWords = ceilDiv(rowLength, 4);
  const rows = shape.slice(0, -1);
  const last = axis !== null && resolveAxis("wordChannels", shape.length, axis) === shape.length - 1;
  const { outer, channels, inner } = channelsOf([...rows, rowWords], axis);
  return { words: { outer, channels, inner }, rowLength, rowWords, laneStep: last ? 1 : 0 };
}

/** Calls `f` with each element's index and channel. */
export function forEachElement({ outer, channels, inner }: Channels, f: (i: number, channel: number) => void): void {
  let i = 0;
  for (let o = 0; o < outer; o++) for (let c = 0; c < channels; c++) for (const end = i + inner; i < end; i++) f(i, c);
}
