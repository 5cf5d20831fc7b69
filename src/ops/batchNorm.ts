/** What batch normalization and its gradient share: the checks of their inputs, and how threads lie on rows of channels. */
import { ShapeError } from "../errors.ts";
import { expectDType, expectShape, fixedDim } from "./check.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, KernelCall, Types, Variant } from "./op.ts";
import { formatType, numel, sizes, type TensorType } from "../tensor/index.ts";

/**
 * Channels of x f32 [..., c], which also is the length of each named input that is given.
 * @throws DTypeError | ShapeError
 */
export function expectChannels(where: string, types: Types, ...names: readonly string[]): number {
  const x = types.x!;
  expectDType(where, "x", x, "f32");
  if (x.shape.length < 2)
    throw new ShapeError({
      code: "rank-mismatch",
      where,
      problem: "x must have its channels in the last axis and at least one axis before",
      expected: "rank 2 or more",
      got: formatType(x),
    });
  const channels = fixedDim(where, "x", x, -1);
  for (const name of names) {
    const t = types[name];
    if (!t) continue;
    expectDType(where, name, t, "f32");
    expectShape(where, name, t, [channels], "must hold one value per channel of x (its last axis)");
  }
  return channels;
}

/** @throws ShapeError unless eps is above 0: a channel whose values are all equal has variance 0. */
export function expectEps(where: string, eps: number): void {
  if (!(eps > 0 && eps < Infinity))
    throw new ShapeError({ code: "bad-attribute", where, problem: "eps is out of range", expected: "above 0", got: String(eps) });
}

/**
 * A variance over n*h*w = 1 is none. A symbolic batch is checked once it is bound.
 * @throws ShapeError
 */
export function expectBatch(where: string, x: TensorType): void {
  if (!x.shape.every((d) => typeof d === "number")) return;
  const [rows] = rowsOf(x);
  if (rows < 2)
    throw new ShapeError({
      code: "too-few-values",
      where,
      problem: "training normalizes each channel by the statistics of the batch, which has no variance",
      expected: "at least 2 values a channel",
      got: `x ${formatType(x)}`,
      remedy: "Train with larger batches or images, or freeze the statistics",
    });
}

/** [rows, channels] of a bound x. */
export const rowsOf = (x: TensorType): readonly [number, number] => [numel(x.shape.slice(0, -1)), sizes(x.shape).at(-1)!];

/** Threads on rows of channels, a lane of 4 channels (or 1) each: Params of lib/rowLanes.wgsl, and the parts of rows. */
export interface RowLanes extends Pick<KernelCall, "workgroups"> {
  readonly vec4: boolean;
  readonly params: Readonly<Record<"threads" | "vectors" | "rows" | "partStart" | "rowStep" | "span", number>>;
  readonly parts: number;
}

/** Rows that are worth a thread's own setup, and threads that keep a device busy. */
const ROWS = 32;
const SOFTWARE_THREADS = 256;
const GPU_THREADS = 32768;

/**
 * Rows fall into parts, a thread for each part and lane: on a CPU parts are blocks of rows that lie together, on a GPU
 * every `parts`-th row, so that neighbouring threads read neighbouring memory.
 */
function rowLanes(rows: number, vectors: number, device: DeviceInfo): Omit<RowLanes, "vec4"> {
  const wanted = ceilDiv(device.software ? SOFTWARE_THREADS : GPU_THREADS, Math.max(1, vectors));
  const partRows = Math.max(ROWS, ceilDiv(rows, wanted));
  const parts = Math.max(1, ceilDiv(rows, partRows));
  const steps = device.software ? { partStart: partRows, rowStep: 1, span: partRows } : { partStart: 1, rowStep: parts, span: rows };
  const threads = parts * vectors;
  return { params: { threads, vectors, rows, ...steps }, parts, workgroups: dispatch1d(threads, 64, device) };
}

/** The variants of a kernel over the rows of x: 4 channels a thread where they are whole vec4s, else 1. */
export function laneVariants(x: TensorType, device: DeviceInfo, plan: (lanes: RowLanes) => Omit<Variant, "name">): readonly Variant[] {
  const [rows, channels] = rowsOf(x);
  const order = device.software ? "rows together" : "rows apart";
  const variant = (vec4: boolean): Variant => ({
    name: `${vec4 ? "vec4" : "channels"}, ${order}`,
    ...plan({ vec4, ...rowLanes(rows, vec4 ? channels / 4 : channels, device) }),
  });
  // An empty tensor's buffer is smaller than one vec4.
  return [{ when: channels % 4 === 0 && rows * channels > 0, ...variant(true) }, variant(false)];
}

/** Threads that gather a channel's parts: a barrier costs a software GPU more than a few parts in a row. */
export const gatherLanes = (device: DeviceInfo): number => (device.software ? 1 : 16);

/** Workgroups of 64 threads that gather the parts of all channels. */
export const gatherGroups = (channels: number, device: DeviceInfo): readonly [number, number, number] =>
  dispatch1d(channels * gatherLanes(device), 64, device);
