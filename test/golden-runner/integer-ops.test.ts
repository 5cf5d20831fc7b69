/** Accumulators by float ops, also beyond what f32 sums exactly. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { cpu } from "../../src/backend/cpu/index.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { tensor } from "../../src/tensor/index.ts";
import { testGpu } from "../support/device.ts";
import { i32s } from "./evaluate.ts";
import { accumulators } from "./integer-ops.ts";

let backends: readonly Backend[];
beforeAll(async () => {
  backends = [cpu(), await webgpu({ gpu: await testGpu() })];
});
afterAll(() => backends.forEach((b) => b.dispose()));

const r = new Random(3);
const drawn = (n: number, low: number, high: number): Int32Array => Int32Array.from({ length: n }, () => r.int(low, high));

describe("accumulators", () => {
  // The last two need planes of 4 bits and of 1.
  it.each([
    { name: "a few weights", taps: 7, draw: (n: number): Int32Array => drawn(n, -128, 127) },
    { name: "2000 weights at the ends", taps: 2000, draw: (n: number): Int32Array => drawn(n, 120, 127) },
    { name: "40000 weights at the end", taps: 40_000, draw: (n: number): Int32Array => drawn(n, 127, 127) },
  ])("are the integer sums: $name", async ({ taps, draw }) => {
    const [x, w, bias] = [draw(taps), draw(2 * taps), i32s(2 ** 24 + 1, -7)];
    const [zx, zw] = [-128, -3];
    const want = [0, 1].map((o) => x.reduce((a, v, i) => a + (v - zx) * (w[o * taps + i]! - zw), bias.data[o]!));
    const layer = {
      op: "qlinear",
      x: { q: tensor("i8", [1, taps], Int8Array.from(x)), scale: 1, zeroPoint: zx },
      weight: tensor("i8", [2, taps], Int8Array.from(w)),
      weightZeroPoint: zw,
      attrs: {},
    } as const;
    for (const backend of backends) expect(Array.from((await accumulators(backend, layer, bias)).data), backend.kind).toEqual(want);
  });
});
