import { describe, expect, it } from "vitest";
import { medianOf, timeTogether } from "./measure.ts";
import { convModel } from "./onnx-model.ts";
import { formatSection, meetsBar, short, type Row } from "./rows.ts";

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("timing", () => {
  it("takes the middle of an odd, the mean of the two middles of an even number of samples", () => {
    expect(medianOf([1, 2, 9])).toBe(2);
    expect(medianOf([1, 2, 4, 9])).toBe(3);
  });

  it("repeats short runs until a sample is long enough, takes turns, and says what one run takes", async () => {
    const order: string[] = [];
    const t = await timeTogether(
      { slow: (repeats) => (order.push("slow"), wait(12 * repeats)), fast: (repeats) => (order.push("fast"), wait(3 * repeats)) },
      { samples: 3, sampleMs: 10 },
    );
    expect(order.slice(-6)).toEqual(["slow", "fast", "slow", "fast", "slow", "fast"]);
    expect(t.slow.repeats).toBe(1);
    expect(t.fast.repeats).toBeGreaterThan(1);
    // Timers are late, never more than a little early.
    expect(t.fast.best).toBeGreaterThan(2.5);
    expect(t.fast.best).toBeLessThanOrEqual(t.fast.median);
    expect(t.slow.median).toBeGreaterThan(t.fast.median);
  });
});

describe("rows", () => {
  const row = (value: number, bar?: Row["bar"]): Row => ({ name: "x", value, unit: "Gop/s", ...(bar && { bar }) });
  it("holds values against bars from above and from below", () => {
    expect(meetsBar(row(1))).toBe(true);
    expect(meetsBar(row(2.5, { atLeast: 2.5 }))).toBe(true);
    expect(meetsBar(row(2.4, { atLeast: 2.5 }))).toBe(false);
    expect(meetsBar(row(0.6, { atMost: 0.6 }))).toBe(true);
    expect(meetsBar(row(0.7, { atMost: 0.6 }))).toBe(false);
    expect(meetsBar(row(NaN, { atLeast: 1 }))).toBe(false);
  });
  it("prints the adapter, every row and what became of its bar", () => {
    const text = formatSection({
      where: "Node",
      adapter: "cpu in disguise",
      rows: [row(1234.5, { atLeast: 2 }), row(0.01234, { atLeast: 2 })],
    });
    expect(text.split("\n")[0]).toBe("Node, cpu in disguise");
    expect(text).toMatch(/x\s+1235\s+Gop\/s\s+>= 2 met/);
    expect(text).toMatch(/x\s+0\.0123\s+Gop\/s\s+>= 2 MISSED/);
  });
  it("rounds to three digits", () => {
    expect([1e6, 99.94, 1.5, 0.00123].map(short)).toEqual(["1000000", "99.9", "1.50", "0.00123"]);
  });
});

it("writes an ONNX model whose lengths hold together", () => {
  const shape = { x: [1, 2, 300, 3], y: [1, 2, 300, 3], kernel: 3, padding: 1 };
  const data = new Float32Array(200);
  const bytes = convModel({
    op: "Conv",
    inputs: ["x", "w"],
    initializers: [{ name: "w", type: "f32", dims: [200], data }],
    type: "f32",
    ...shape,
  });
  /** Field numbers of a message, in order; throws when a length goes past the end. */
  const fields = (message: Uint8Array): number[] => {
    const numbers: number[] = [];
    let at = 0;
    const varint = (): number => {
      let value = 0;
      for (let shift = 1; ; shift *= 128) {
        const byte = message[at++]!;
        value += (byte & 127) * shift;
        if (byte < 128) return value;
      }
    };
    while (at < message.length) {
      const key = varint();
      numbers.push(key >> 3);
      const length = varint();
      if ((key & 7) === 2) at += length;
    }
    expect(at).toBe(message.length);
    return numbers;
  };
  expect(fields(bytes)).toEqual([1, 7, 8]);
});
