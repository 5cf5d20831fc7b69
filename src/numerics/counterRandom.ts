/**
 * Random numbers without a state: four 32-bit words from four, by multiplications and additions modulo 2^32, so that GPU and
 * CPU agree. pcg4d of M. Jarzynski and M. Olano, "Hash Functions for GPU Rendering", Journal of Computer Graphics Techniques
 * 9(3), 2020; shaders/lib/random.wgsl is the same. Its upper bits are the better ones: compare words as a whole.
 */
export function randomWords(a: number, b: number, c: number, d: number): readonly [number, number, number, number] {
  const v = Int32Array.of(start(a), start(b), start(c), start(d));
  mix(v);
  for (let i = 0; i < 4; i++) v[i]! ^= v[i]! >>> 16;
  mix(v);
  return [v[0]! >>> 0, v[1]! >>> 0, v[2]! >>> 0, v[3]! >>> 0];
}

const start = (word: number): number => Math.imul(word, 1664525) + 1013904223;

function mix(v: Int32Array): void {
  v[0]! += Math.imul(v[1]!, v[3]!);
  v[1]! += Math.imul(v[2]!, v[0]!);
  v[2]! += Math.imul(v[0]!, v[1]!);
  v[3]! += Math.imul(v[1]!, v[2]!);
}
