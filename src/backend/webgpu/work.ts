/** How long work takes, roughly: a run that would block the GPU for long goes out in several submits. */
import type { DeviceInfo } from "../../ops/op.ts";
import { numel, type TensorType } from "../../tensor/index.ts";

/** Longest submit: operating systems reset a GPU after about 2 s, and other programs need it meanwhile. */
export const SUBMIT_MS = 250;

/** Multiply-adds a millisecond that any device of the kind does, for the first run; later runs are measured. */
const RATE = { software: 1e6, hardware: 5e8 };

/**
 * Multiply-adds of a node from the shapes around it alone: sqrt of the product of the three largest element counts.
 * Exact for a matrix product (m k, k n, m n), low by the kernel's area for a convolution, too high for sums of three
 * large tensors. Good enough to tell milliseconds from seconds.
 */
export function estimate(types: Iterable<TensorType>): number {
  const [a = 1, b = 1, c = 1] = [...types].map((t) => numel(t.shape)).sort((x, y) => y - x);
  return Math.max(a, Math.sqrt(a * b * c));
}

/** Submits for a first run of this much work. */
export const submitsFor = (work: number, info: DeviceInfo): number => Math.max(1, Math.ceil(work / (SUBMIT_MS * (info.software ? RATE.software : RATE.hardware))));

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
