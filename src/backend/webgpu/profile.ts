/** Time per node from timestamp queries: each dispatch in a pass of its own, so totals are a little above a real run. */
import { UsageError } from "../../errors.ts";
import { MAP_READ, STAGING, type Context } from "./context.ts";

export interface ProfileRow {
  /** A node's name, or what a copy is for. */
  readonly node: string;
  readonly dispatches: number;
  /** Mean over the runs. Adapters may round timestamps to 0.1 ms: short kernels need many runs. */
  readonly milliseconds: number;
}

export interface Labelled {
  readonly label: string;
  readonly encode: (pass: GPUComputePassEncoder) => void;
}

/** QUERY_RESOLVE | COPY_SRC */
const RESOLVE = 0x200 | 0x4;
const MAX_QUERIES = 4096;

/** @throws UsageError when the device has no timestamp queries */
export async function profile(context: Context, dispatches: readonly Labelled[], runs: number): Promise<readonly ProfileRow[]> {
  const { device } = context;
  if (!device.features.has("timestamp-query"))
    throw new UsageError({
      code: "no-timestamps",
      where: "profile()",
      problem: "the adapter has no timestamp queries",
      remedy: "In Chromium: --enable-dawn-features=allow_unsafe_apis, or another adapter",
    });
  const rows = new Map<string, { dispatches: number; nanoseconds: number }>();
  for (const { label } of dispatches) rows.set(label, { dispatches: (rows.get(label)?.dispatches ?? 0) + 1, nanoseconds: 0 });
  const most = MAX_QUERIES / 2;
  const count = Math.min(most, dispatches.length);
  if (count === 0) return [];
  const bytes = count * 16;
  const [resolved, staging] = await context.creating("profile", 2 * bytes, (make) => [make(bytes, RESOLVE), make(bytes, STAGING)] as const);
  const querySet = device.createQuerySet({ type: "timestamp", count: 2 * count });
  try {
    for (let run = 0; run < runs; run++)
      for (let first = 0; first < dispatches.length; first += most) {
        const part = dispatches.slice(first, first + most);
        const encoder = device.createCommandEncoder();
        part.forEach(({ encode }, i) => {
          const pass = encoder.beginComputePass({
            timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
          });
          encode(pass);
          pass.end();
        });
        encoder.resolveQuerySet(querySet, 0, 2 * part.length, resolved, 0);
        encoder.copyBufferToBuffer(resolved, 0, staging, 0, part.length * 16);
        device.queue.submit([encoder.finish()]);
        await context.wait(staging.mapAsync(MAP_READ));
        const times = new BigUint64Array(staging.getMappedRange());
        // A clock that steps back between two passes would show as a huge number.
        part.forEach(
          ({ label }, i) => (rows.get(label)!.nanoseconds += Math.max(0, Number(BigInt.asIntN(64, times[2 * i + 1]! - times[2 * i]!)))),
        );
        staging.unmap();
      }
  } finally {
    querySet.destroy();
    context.destroy(resolved);
    context.destroy(staging);
  }
  return [...rows].map(([node, r]) => ({ node, dispatches: r.dispatches, milliseconds: r.nanoseconds / runs / 1e6 }));
}
