/**
 * Copies of a run of elements along one axis, bit by bit: what concat, slice and their gradients are made of. In memory a
 * tensor is rows of words; along any axis but a packed innermost one a run is whole words, there it is bytes.
 */
import shader from "../../shaders/copyRows.wgsl";
import { ShapeError } from "../errors.ts";
import { allocate, formatType, isPacked, numel, sizes, tensor, type Dim, type Tensor, type TensorType } from "../tensor/index.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, KernelCall } from "./op.ts";

/** The axis, counted from the end where negative. @throws ShapeError */
export function axisOf(where: string, axis: number, t: TensorType): number {
  const rank = t.shape.length;
  const at = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || at < 0 || at >= rank)
    throw new ShapeError({
      code: "bad-attribute",
      where,
      problem: "axis must be one of the tensor's",
      expected: rank === 0 ? "a tensor with axes" : `-${rank} to ${rank - 1}`,
      got: `axis ${axis}, ${formatType(t)}`,
    });
  return at;
}

/** A run of `length` elements along the axis: where it begins in x and in y. */
export interface Run {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

const product = (part: readonly number[]): number => part.reduce((p, d) => p * d, 1);

/** Outer rows, and what one step along the axis takes in a row: bytes in memory. */
function rowsOf(t: TensorType, axis: number): { readonly outer: number; readonly unit: number; readonly words: number } {
  const shape = sizes(t.shape);
  const inner = shape.slice(axis + 1);
  const packed = isPacked(t.dtype);
  const unit = packed ? (inner.length === 0 ? 1 : product([...inner.slice(0, -1), ceilDiv(inner.at(-1)!, 4) * 4])) : 4 * product(inner);
  return { outer: product(shape.slice(0, axis)), unit, words: ceilDiv(shape[axis]! * unit, 4) };
}

/**
 * The call that copies a run of x into y. `whole`: all other elements of y become 0; otherwise words before and after the run
 * are left alone, and calls for one run after the other, in order, fill y.
 */
export function copyRows(
  x: TensorType,
  y: TensorType,
  run: Run,
  device: DeviceInfo,
  options: { readonly whole: boolean },
): Omit<KernelCall, "bindings"> {
  const [source, target] = [rowsOf(x, run.axis), rowsOf(y, run.axis)];
  const [xStart, yStart, bytes] = [run.from, run.to, run.length].map((n) => n * target.unit) as [number, number, number];
  const first = options.whole ? 0 : Math.floor(yStart / 4);
  const count = options.whole ? target.words : ceilDiv(yStart + bytes, 4) - first;
  const words = target.outer * count;
  const threads = ceilDiv(words, device.software ? 16 : 4);
  return {
    shader,
    constants: { ALIGNED: xStart % 4 === 0 && yStart % 4 === 0, KEEP: !options.whole && yStart % 4 !== 0 },
    params: { words, threads, count, first, xRow: source.words, yRow: target.words, xStart, yStart, bytes },
    workgroups: dispatch1d(threads, 64, device),
  };
}

/** The same on the host: into y, where it lies. */
export function copyElements(x: Tensor, y: Tensor, { axis, from, to, length }: Run): void {
  const inner = product(x.shape.slice(axis + 1));
  const [xRow, yRow] = [x, y].map((t) => t.shape[axis]! * inner) as [number, number];
  for (let row = 0; row < product(x.shape.slice(0, axis)); row++)
    for (let i = 0; i < length * inner; i++) y.data[row * yRow + to * inner + i] = x.data[row * xRow + from * inner + i]!;
}

export const empty = ({ dtype, shape }: TensorType): Tensor => tensor(dtype, sizes(shape), allocate(dtype, numel(shape)));

/** The type with another size of the axis. */
export const resized = ({ dtype, shape }: TensorType, axis: number, size: Dim): TensorType => ({
  dtype,
  shape: shape.map((d, i) => (i === axis ? size : d)),
});
