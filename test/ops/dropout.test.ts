/** That dropout's masks look random: rate, neighbours, steps, seeds. The kernels have the reference's masks (ops.test.ts). */
import { describe, expect, it } from "vitest";
import { randomWords } from "../../src/numerics/counterRandom.ts";
import { dropout } from "../../src/ops/dropout.ts";
import { scalar, tensor } from "../../src/tensor/index.ts";

const N = 1 << 16;
const ones = tensor("f32", [N], new Float32Array(N).fill(1));

/** 1 where an element stays. */
function mask(p: number, step: number, seed: number): Uint8Array {
  const { y } = dropout.reference({ x: ones, step: scalar("i32", step) }, { p, seed, training: true });
  return Uint8Array.from(y!.data as Float32Array, (v) => Number(v !== 0));
}

/** How many sigma the number of kept elements is off, N * (1 - p) expected. */
const deviation = (kept: number, n: number, q: number): number => Math.abs(kept - n * q) / Math.sqrt(n * q * (1 - q));
const count = (m: Uint8Array): number => m.reduce((a, b) => a + b, 0);
/** Elements that stay in both: of independent masks, q^2 of them. */
const both = (a: Uint8Array, b: Uint8Array): number => a.reduce((sum, v, i) => sum + v * (b[i] ?? 0), 0);

/** Of dozens of independent checks, one beyond 4.5 sigma turns up once in 1,000 choices of seeds; these are fixed. */
const SIGMAS = 4.5;

describe("dropout's mask", () => {
  it("keeps 1 - p of the elements, at any seed and step", () => {
    for (const p of [0.1, 0.25, 0.5, 0.9])
      for (const [step, seed] of [
        [0, 0],
        [1, 0],
        [0, 1],
        [1000, 12345],
        [-1, 2 ** 32 - 1],
      ] as const)
        expect(deviation(count(mask(p, step, seed)), N, 1 - p), `p ${p} step ${step} seed ${seed}`).toBeLessThan(SIGMAS);
  });

  it("does not depend on neighbours, near or far", () => {
    const m = mask(0.5, 3, 42);
    for (const lag of [1, 2, 3, 4, 5, 8, 16, 64, 256, 1024, 4096, 32768])
      expect(deviation(both(m, m.subarray(lag)), N - lag, 0.25), `lag ${lag}`).toBeLessThan(SIGMAS);
  });

  it("is another one at each step and for each seed", () => {
    const m = mask(0.5, 3, 42);
    for (const [step, seed] of [
      [4, 42],
      [2, 42],
      [3, 43],
      [42, 3],
      [3, 41],
      [4, 43],
      [3 + 65536, 42],
    ] as const)
      expect(deviation(both(m, mask(0.5, step, seed)), N, 0.25), `step ${step} seed ${seed}`).toBeLessThan(SIGMAS);
  });

  it("is the same one at the same step and seed", () => {
    expect(Buffer.compare(mask(0.5, 3, 42), mask(0.5, 3, 42))).toBe(0);
  });

  it("scales what stays so that the mean stays", () => {
    const { y } = dropout.reference({ x: ones, step: scalar("i32", 1) }, { p: 0.2, seed: 5, training: true });
    expect(new Set(y!.data)).toEqual(new Set([0, 1.25]));
  });
});

describe("randomWords", () => {
  it("gives each of the 32 bits of each word half of the time", () => {
    const n = 1 << 14;
    const set = new Float64Array(128);
    for (let i = 0; i < n; i++)
      randomWords(i, 1, 2, 3).forEach((word, w) => {
        for (let bit = 0; bit < 32; bit++) set[32 * w + bit]! += (word >>> bit) & 1;
      });
    for (const [i, s] of set.entries()) expect(deviation(s, n, 0.5), `bit ${i}`).toBeLessThan(SIGMAS);
  });
});
