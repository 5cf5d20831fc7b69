/** How an observer's state takes in a batch. Both are f32 values; a state that saw nothing yet is min +Inf, max -Inf. */
import { clamp, f32, finiteF32, MAX_F32 } from "./rounding.ts";

export interface Extent {
  readonly min: number;
  readonly max: number;
}

const isEmpty = ({ min, max }: Extent): boolean => min === Infinity && max === -Infinity;

/** m + c * (batch - m), each step rounded to f32; no step leaves the finite range. */
function towards(m: number, batch: number, c: number): number {
  const from = clamp(m, -MAX_F32, MAX_F32);
  return finiteF32(from + finiteF32(f32(c) * finiteF32(batch - from)));
}

/** The first batch sets, later ones pull. A batch without a finite value changes nothing. */
export function movingAverage(state: Extent, batch: Extent, c: number): Extent {
  if (isEmpty(batch)) return state;
  if (isEmpty(state)) return batch;
  return { min: towards(state.min, batch.min, c), max: towards(state.max, batch.max, c) };
}
