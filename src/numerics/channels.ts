/** How per-channel parameters lie on a tensor: as [outer, channels, inner], row-major, `channels` being the axis. */
import { QuantizationError } from "../errors.ts";

export interface Channels {
  readonly outer: number;
  /** 1 when the parameters are per tensor. */
  readonly channels: number;
  readonly inner: number;
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** `axis` null = per tensor. Negative axes count from the end. */
export function channelsOf(shape: readonly number[], axis: number | null): Channels {
  if (axis === null) return { outer: 1, channels: 1, inner: product(shape) };
  const at = resolveAxis("channelsOf", shape.length, axis);
  return { outer: product(shape.slice(0, at)), channels: shape[at]!, inner: product(shape.slice(at + 1)) };
}

/** @throws QuantizationError when a tensor of this rank has no such axis. */
export function resolveAxis(where: string, rank: number, axis: number): number {
  const at = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || at < 0 || at >= rank)
    throw new QuantizationError({
      code: "bad-axis",
      where,
      problem: "the channel axis is none of the tensor's",
      expected: `-${rank} to ${rank - 1}, or null for per tensor`,
      got: String(axis),
    });
  return at;
}
