/**
 * Seeded random numbers: PCG-XSH-RR 32 (M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
 * Algorithms", 2014), 64-bit state, the same stream on every machine.
 */
const multiplier = 6364136223846793005n;
const mask64 = (1n << 64n) - 1n;

export class Random {
  #state: bigint;
  readonly #increment: bigint;

  /** `stream` picks one of 2^63 sequences for the same seed, so that independent uses do not share numbers. */
  constructor(seed: number, stream = 0) {
    this.#increment = ((BigInt(stream) << 1n) | 1n) & mask64;
    this.#state = 0n;
    this.u32();
    this.#state = (this.#state + BigInt(Math.trunc(seed))) & mask64;
    this.u32();
  }

  /** A whole number in 0 .. 2^32 - 1. */
  u32(): number {
    const old = this.#state;
    this.#state = (old * multiplier + this.#increment) & mask64;
    const xorshifted = Number((((old >> 18n) ^ old) >> 27n) & 0xffffffffn);
    const rotation = Number(old >> 59n);
    return ((xorshifted >>> rotation) | (xorshifted << (-rotation & 31))) >>> 0;
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
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.int(0, i);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}
