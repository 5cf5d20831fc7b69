/** Timing: how often a thing is repeated, and what is said about it. */

export interface Timing {
  /** Milliseconds of one run. */
  readonly median: number;
  readonly best: number;
  readonly worst: number;
  /** Samples, each of `repeats` runs. */
  readonly samples: number;
  readonly repeats: number;
}

export interface TimingOptions {
  readonly samples?: number;
  /** A sample lasts at least this long, so that what a submit and a read-back cost does not count. */
  readonly sampleMs?: number;
}

/**
 * Times `run(repeats)`, which must resolve when the device is done. The first call is not counted: it compiles and warms
 * up. Then the repeats grow until a sample is long enough.
 */
export async function time(
  run: (repeats: number) => Promise<unknown>,
  { samples = 7, sampleMs = 100 }: TimingOptions = {},
): Promise<Timing> {
  await run(1);
  let repeats = 1;
  for (;;) {
    const ms = await once(() => run(repeats));
    if (ms >= sampleMs || repeats >= 1 << 20) break;
    // At most tenfold: a first sample can be slow for other reasons.
    repeats = Math.ceil(repeats * Math.min(10, Math.max(1.5, (1.2 * sampleMs) / Math.max(ms, 0.01))));
  }
  const each: number[] = [];
  for (let i = 0; i < samples; i++) each.push((await once(() => run(repeats))) / repeats);
  each.sort((a, b) => a - b);
  return { median: medianOf(each), best: each[0]!, worst: each.at(-1)!, samples, repeats };
}

async function once(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** Of a sorted list. */
export function medianOf(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
