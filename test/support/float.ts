/** Float tensors for cases: random ones, and ones that keep clear of kinks so that gradients can be measured. */
import { Random } from "../../src/numerics/random.ts";
import { allocate, numel, tensor, type Tensor } from "../../src/tensor/index.ts";

/** Standard normal numbers. */
export function normal(r: Random, shape: readonly number[]): Tensor<"f32"> {
  const data = allocate("f32", numel(shape));
  for (let i = 0; i < data.length; i++) data[i] = r.normal();
  return tensor("f32", shape, data);
}

/** Normal numbers of a case that is always the same; `seed` tells its tensors apart. */
export const fixed = (seed: number, ...shape: number[]): Tensor<"f32"> => normal(new Random(seed, 4), shape);

/** Numbers of -1 .. 1, always the same; `seed` tells tensors apart. */
export function uniform(shape: readonly number[], seed: number): Tensor<"f32"> {
  const r = new Random(seed);
  const data = allocate("f32", numel(shape));
  for (let i = 0; i < data.length; i++) data[i] = r.uniform(-1, 1);
  return tensor("f32", shape, data);
}

export const f32Tensor = (shape: readonly number[], values: readonly number[]): Tensor<"f32"> => tensor("f32", shape, values);

/** Values that are multiples of `gap` in random order, none 0, all different: no maximum is a near tie, no value near 0. */
export function apart(r: Random, shape: readonly number[], gap = 0.25): Tensor<"f32"> {
  const data = allocate("f32", numel(shape));
  r.permutation(data.length).forEach((p, i) => (data[i] = (p - Math.floor(data.length / 2) + 0.5) * gap));
  return tensor("f32", shape, data);
}

export const pick = (r: Random, low: number, high: number): number => r.int(low, high);
