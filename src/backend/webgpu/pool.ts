/**
 * Sharing buffers among contents that are not needed at the same time. Whole buffers, not ranges of one arena: WebGPU
 * forbids one buffer to be bound read-only and writable in one dispatch, whatever the ranges.
 */
import { Random } from "../../numerics/random.ts";

export interface Interval {
  readonly bytes: number;
  /** First and last step that need the contents, both included. */
  readonly from: number;
  readonly to: number;
}

export interface Assignment {
  /** Buffer of each interval. */
  readonly buffers: readonly number[];
  /** Bytes of each buffer. */
  readonly sizes: readonly number[];
}

/** Where `interval` belongs among intervals that do not overlap, in order of time; -1 where it overlaps one. */
function slot(held: readonly Interval[], interval: Interval): number {
  let [low, high] = [0, held.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (held[middle]!.to < interval.from) low = middle + 1;
    else high = middle;
  }
  return low < held.length && held[low]!.from <= interval.to ? -1 : low;
}

const total = (a: Assignment): number => a.sizes.reduce((x, y) => x + y, 0);

/** Orders tried beyond the plain ones; with more intervals than this a plan would take too long. */
const [TRIES, TRIES_UP_TO] = [40, 400];

/**
 * First fit in several orders, the smallest result: largest first (good where a few big contents decide), in order of
 * time (good for long chains of like sizes), and largest first with a little disorder, always the same.
 */
export function assign(intervals: readonly Interval[]): Assignment {
  const indices = intervals.map((_, i) => i);
  const by = (first: (i: number) => number, second: (i: number) => number): number[] =>
    [...indices].sort((a, b) => first(a) - first(b) || second(a) - second(b));
  const [bytes, from] = [(i: number) => -intervals[i]!.bytes, (i: number) => intervals[i]!.from];
  let best = fit(intervals, by(bytes, from));
  const least = lowerBound(
    intervals,
    intervals.reduce((end, i) => Math.max(end, i.to), 0),
  );
  const consider = (order: readonly number[]): void => {
    const other = fit(intervals, order);
    if (total(other) < total(best)) best = other;
  };
  consider(by(from, bytes));
  const r = new Random(1);
  for (let t = 0; t < TRIES && intervals.length <= TRIES_UP_TO && total(best) > least; t++) {
    const noise = intervals.map(() => r.uniform(0.6, 1));
    consider(by((i) => bytes(i) * noise[i]!, from));
  }
  return best;
}

/** Each interval in turn takes the free buffer that it fits best: grown least, then wasted least. */
function fit(intervals: readonly Interval[], order: readonly number[]): Assignment {
  const buffers = new Array<number>(intervals.length).fill(-1);
  const sizes: number[] = [];
  const held: Interval[][] = [];
  for (const i of order) {
    const interval = intervals[i]!;
    let [best, bestCost, bestAt] = [-1, Infinity, 0];
    for (let b = 0; b < sizes.length; b++) {
      const at = slot(held[b]!, interval);
      if (at < 0) continue;
      const slack = sizes[b]! - interval.bytes;
      // Growing costs memory now, waste only chances later: any slack is better than any growth.
      const cost = slack >= 0 ? slack / (slack + 1) : 1 - slack;
      if (cost < bestCost) [best, bestCost, bestAt] = [b, cost, at];
    }
    if (best < 0) {
      best = sizes.push(0) - 1;
      held.push([]);
    }
    buffers[i] = best;
    sizes[best] = Math.max(sizes[best]!, interval.bytes);
    held[best]!.splice(bestAt, 0, interval);
  }
  return { buffers, sizes };
}

/** Most bytes needed at one step: no assignment can do with less. */
export function lowerBound(intervals: readonly Interval[], end: number): number {
  const change = new Float64Array(end + 2);
  for (const { bytes, from, to } of intervals) {
    change[from]! += bytes;
    change[to + 1]! -= bytes;
  }
  let [live, most] = [0, 0];
  for (const c of change) most = Math.max(most, (live += c));
  return most;
}
