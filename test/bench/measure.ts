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

/** Runs so many times and resolves when the device is done. */
export type Repeated = (repeats: number) => Promise<unknown>;

/** Times one thing. */
export async function time(run: Repeated, options?: TimingOptions): Promise<Timing> {
  return (await timeTogether({ run }, options)).run;
}

/**
 * Times several things by turns, sample by sample, so that what else the machine does weighs on all of them alike and
 * their ratios mean something. The first call of each is not counted: it compiles and warms up. Then its repeats grow
 * until a sample is long enough.
 */
export async function timeTogether<K extends string>(
  runs: Readonly<Record<K, Repeated>>,
  { samples = 7, sampleMs = 100 }: TimingOptions = {},
): Promise<Readonly<Record<K, Timing>>> {
  const things: { readonly name: K; readonly run: Repeated; readonly repeats: number; readonly each: number[] }[] = [];
  for (const [name, run] of Object.entries(runs) as [K, Repeated][])
    things.push({ name, run, repeats: await enough(run, sampleMs), each: [] });
  for (let i = 0; i < samples; i++) for (const t of things) t.each.push((await once(t)) / t.repeats);
  return Object.fromEntries(
    things.map(({ name, repeats, each }) => {
      each.sort((a, b) => a - b);
      return [name, { median: medianOf(each), best: each[0]!, worst: each.at(-1)!, samples, repeats }];
    }),
  ) as Record<K, Timing>;
}

async function enough(run: Repeated, sampleMs: number): Promise<number> {
  await run(1);
  for (let repeats = 1; ;) {
    const ms = await once({ run, repeats });
    if (ms >= sampleMs || repeats >= 1 << 20) return repeats;
    // At most tenfold: a first sample can be slow for other reasons.
    repeats = Math.ceil(repeats * Math.min(10, Math.max(1.5, (1.2 * sampleMs) / Math.max(ms, 0.01))));
  }
}

async function once({ run, repeats }: { readonly run: Repeated; readonly repeats: number }): Promise<number> {
  const start = performance.now();
  await run(repeats);
  return performance.now() - start;
}

/** Of a sorted list. */
export function medianOf(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
