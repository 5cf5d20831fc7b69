/** How long work takes, roughly: a run that would block the GPU for long goes out in several submits. */
import type { DeviceInfo } from "../../ops/op.ts";
import { numel, type TensorType } from "../../tensor/index.ts";

/** Longest submit by default: operating systems reset a GPU after about 2 s, and other programs need it meanwhile. */
export const SUBMIT_MS = 250;

/** Multiply-adds a millisecond that any device of the kind does, for the first run; later runs are measured. */
const RATE = { software: 1e6, hardware: 5e8 };

/**
 * Multiply-adds of a node from the shapes around it alone: sqrt of the product of the three largest element counts.
 * Exact for a matrix product (m k, k n, m n), low by the kernel's area for a convolution. Where all three have the same
 * first and last axis (sums, activations, pooling and their gradients) each element is touched about once. Good enough
 * to tell milliseconds from seconds.
 */
export function estimate(types: Iterable<TensorType>): number {
  const largest = [...types].map(({ shape }) => ({ shape, count: numel(shape) })).sort((x, y) => y.count - x.count);
  const [a, b, c] = largest;
  if (!a || !b || !c) return a?.count ?? 1;
  const local = [b, c].every(({ shape }) => shape.length === a.shape.length && shape[0] === a.shape[0] && shape.at(-1) === a.shape.at(-1));
  return Math.max(1, a.count, local ? 0 : Math.sqrt(a.count * b.count * c.count));
}

/** Submits for a first run of this much work. */
export const submitsFor = (work: number, info: DeviceInfo, submitMs = SUBMIT_MS): number =>
  Math.max(1, Math.ceil(work / (submitMs * (info.software ? RATE.software : RATE.hardware))));

/** Cuts `items` into up to `parts` runs of about the same work, in order. */
export function cut<T>(items: readonly T[], work: readonly number[], parts: number): readonly (readonly T[])[] {
  const total = work.reduce((a, b) => a + b, 0);
  const runs: T[][] = [];
  let done = 0;
  items.forEach((item, i) => {
    // The middle of an item decides, so that one long item does not drag its neighbours along.
    const run = Math.min(parts - 1, Math.floor(((done + work[i]! / 2) / total) * parts));
    (runs[run] ??= []).push(item);
    done += work[i]!;
  });
  return runs.filter(Boolean);
}
