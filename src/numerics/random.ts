/**
 * Seeded random numbers: xoshiro128** (D. Blackman, S. Vigna, "Scrambled Linear Pseudorandom Number Generators", 2018),
 * 32-bit operations only, the same sequence on every machine. The state is filled by a 32-bit mix of seed and stream
 * (the finalizer of MurmurHash3).
 */
import { filled } from "../tensor/index.ts";

function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

export class Random {
  readonly #s: Uint32Array;

  /** `stream` picks an independent sequence for the same seed, so that different uses do not share numbers. */
  constructor(seed: number, stream = 0) {
    // 0x9e3779b9 is 2^32 / golden ratio: words of the state differ even for seed 0, and never are all zero.
    this.#s = Uint32Array.from({ length: 4 }, (_, i) => mix(mix(seed + Math.imul(i + 1, 0x9e3779b9)) + stream + i));
    if (this.#s.every((w) => w === 0)) this.#s[0] = 1;
  }

  /** A whole number in 0 .. 2^32 - 1. */
  u32(): number {
    const s = this.#s;
    const result = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotate(s[3]!, 11);
    return result;
  }

  /** A number in [0, 1) with 32 random bits. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.u32() / 4294967296);
  }

  /** A whole number in low .. high, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  /** Standard normal (Box-Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)]!;
  }

  /** 0 .. n-1 in random order (Fisher-Yates). */
  permutation(n: number): Uint32Array {
    const order = filled("u32", [n], (i) => i, "permutation").data;
    for (let i = n - 1; i > 0; i--) {
      const j = this.int(0, i);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}
