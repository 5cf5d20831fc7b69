/** Broadcasting as PyTorch does it: shapes are aligned at the right; sizes agree, or one of them is 1. */
import { ShapeError } from "../errors.ts";
import { formatShape, type Dim, type Shape } from "../tensor/index.ts";

/** @throws ShapeError when a and b do not broadcast to one shape. */
export function broadcastShape(where: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i): Dim => {
    const [da, db] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    if (da === db || db === 1) return da;
    if (da === 1) return db;
    throw new ShapeError({
      code: "broadcast-mismatch",
      where,
      problem: `a and b do not broadcast: axis ${i - rank} is ${da} in a, ${db} in b`,
      expected: "equal sizes or 1, aligned at the right",
      got: `a ${formatShape(a)}, b ${formatShape(b)}`,
    });
  });
}

/**
 * For each element of `shape`, row-major, the step to take in an operand's memory: strides of the operand per axis of
 * `shape`, 0 where it is broadcast.
 */
export function broadcastStrides(operand: readonly number[], shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(0);
  let stride = 1;
  for (let i = operand.length - 1; i >= 0; i--) {
    const axis = i + shape.length - operand.length;
    if (operand[i] !== 1) strides[axis] = stride;
    stride *= operand[i]!;
  }
  return strides;
}

/**
 * Calls `visit(element, offset)` for each row of `shape` (all axes but the last), row-major: the offset of the row's
 * first element in the result and in an operand with these strides.
 */
export function forEachRow(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (row: number, offsets: readonly number[]) => void,
): void {
  const outer = shape.slice(0, -1);
  const inner = shape.at(-1) ?? 1;
  const count = outer.reduce((p, d) => p * d, 1);
  const index = outer.map(() => 0);
  const offsets = strides.map(() => 0);
  for (let row = 0; row < count; row++) {
    visit(row * inner, offsets);
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      strides.forEach((s, i) => (offsets[i]! += s[axis]!));
      if (index[axis]! < outer[axis]!) break;
      strides.forEach((s, i) => (offsets[i]! -= s[axis]! * outer[axis]!));
      index[axis] = 0;
    }
  }
}

/**
 * The same walk with fewer axes: axes of size 1 are dropped, and neighbours that every operand steps through as through one
 * axis are merged. At least one axis stays.
 */
export function mergeAxes(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
): { readonly shape: readonly number[]; readonly strides: readonly (readonly number[])[] } {
  const sizes: number[] = [];
  const steps: number[][] = strides.map(() => []);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    if (size === 1) continue;
    const inner = sizes[0];
    if (inner !== undefined && strides.every((s, i) => s[axis] === steps[i]![0]! * inner)) sizes[0] = size * inner;
    else {
      sizes.unshift(size);
      steps.forEach((s, i) => s.unshift(strides[i]![axis]!));
    }
  }
  return sizes.length > 0 ? { shape: sizes, strides: steps } : { shape: [1], strides: strides.map(() => [0]) };
}
