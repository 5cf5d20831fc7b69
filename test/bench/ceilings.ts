/** What the adapter can do at most: bytes copied, f32 multiply-adds and packed dot products a second. Measured first. */
import type { DeviceInfo } from "../../src/ops/index.ts";
import { Bench } from "./kernels.ts";
import { time } from "./measure.ts";
import type { Row } from "./rows.ts";
import copy from "./shaders/copy.wgsl";
import dot4 from "./shaders/dot4.wgsl";
import fma from "./shaders/fma.wgsl";

export interface Ceilings {
  /** Bytes read and written a second. */
  readonly copy: number;
  readonly f32: number;
  readonly int8: number;
}

/** A software adapter gets little work, so that a kernel takes milliseconds there and on a GPU. */
const sizeOf = (info: DeviceInfo): { bytes: number; invocations: number; rounds: number } =>
  info.software ? { bytes: 16 << 20, invocations: 1 << 12, rounds: 256 } : { bytes: 1 << 28, invocations: 1 << 20, rounds: 1024 };

export async function ceilings(device: GPUDevice, info: DeviceInfo): Promise<{ ceilings: Ceilings; rows: readonly Row[] }> {
  const bench = new Bench(device, info);
  const rows: Row[] = [];
  const { bytes, invocations, rounds } = sizeOf(info);
  /** Work a second, as a row. */
  const measure = async (name: string, work: number, unit: string, run: (repeats: number) => Promise<void>): Promise<number> => {
    const timing = await time(run);
    const rate = work / (timing.median / 1e3);
    rows.push({ name, value: rate / 1e9, unit, timing });
    return rate;
  };
  try {
    const half = Math.min(bytes / 2, info.limits.maxStorageBufferBindingSize);
    const stride = 65_536;
    const copying = await bench.kernel(
      { shader: copy, params: { count: half / 16, stride }, workgroups: [stride / 256, 1, 1] },
      { x: bench.buffer(half), y: bench.buffer(half) },
    );
    const y = bench.buffer(invocations * 4);
    const grid = [invocations / 256, 1, 1] as const;
    const adding = await bench.kernel({ shader: fma, params: { rounds, factor: 0.5, term: 0.25 }, workgroups: grid }, { y });
    const dotting = await bench.kernel({ shader: dot4, params: { rounds, word: 0x01ff037f }, workgroups: grid }, { y });
    return {
      ceilings: {
        copy: await measure("ceiling: copy", 2 * half, "GB/s", copying),
        f32: await measure("ceiling: f32 multiply-add", 64 * rounds * invocations, "Gop/s", adding),
        int8: await measure(info.dot4 ? "ceiling: dot4I8Packed" : "ceiling: dot4 by hand", 128 * rounds * invocations, "Gop/s", dotting),
      },
      rows,
    };
  } finally {
    bench.dispose();
  }
}
