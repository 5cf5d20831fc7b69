/** When a run is cut into several submits. */
import { describe, expect, it } from "vitest";
import { cut, estimate, submitsFor } from "../../src/backend/webgpu/work.ts";
import type { DeviceInfo } from "../../src/ops/op.ts";
import { f32 } from "../../src/tensor/index.ts";

describe("estimate", () => {
  it("is exact for a matrix product and linear in a batch", () => {
    expect(estimate([f32([31, 7]), f32([13, 7]), f32([31, 13])])).toBeCloseTo(31 * 7 * 13, 6);
  });
  it("is one per element for sums, activations and pooling, not their power of 1.5", () => {
    const [x, y] = [f32([64, 28, 28, 40]), f32([64, 14, 14, 40])];
    const count = 64 * 28 * 28 * 40;
    for (const types of [[x, x, x], [x, y, x], [x, x], [x]]) expect(estimate(types)).toBe(count);
  });
  it("of nothing is not nothing", () => {
    expect(estimate([])).toBe(1);
    expect(estimate([f32([0]), f32([0]), f32([0])])).toBe(1);
  });
});

describe("cut", () => {
  it("keeps order, loses nothing, and makes parts of about the same work", () => {
    const items = Array.from({ length: 97 }, (_, i) => i);
    const work = items.map((i) => 1 + (i % 5));
    const parts = cut(items, work, 4);
    expect(parts.flat()).toEqual(items);
    expect(parts).toHaveLength(4);
    for (const part of parts) expect(part.reduce((sum, i) => sum + work[i]!, 0)).toBeCloseTo(work.reduce((a, b) => a + b) / 4, -1);
  });
  it("gives one long item a part of its own", () => expect(cut(["a", "b", "c"], [1, 100, 1], 3)).toEqual([["a"], ["b"], ["c"]]));
  it("of one part is everything; of nothing, nothing", () => {
    expect(cut([1, 2], [5, 5], 1)).toEqual([[1, 2]]);
    expect(cut([], [], 1)).toEqual([]);
  });
});

describe("submitsFor", () => {
  it("is one for work of milliseconds, more for work of seconds", () => {
    const [gpu, software] = [{ software: false } as DeviceInfo, { software: true } as DeviceInfo];
    expect(submitsFor(1e9, gpu)).toBe(1);
    expect(submitsFor(1e12, gpu)).toBeGreaterThan(4);
    expect(submitsFor(1e8, software)).toBe(1);
    expect(submitsFor(1e9, software)).toBe(4);
  });
});
