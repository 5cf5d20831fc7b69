import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { QuantizationError } from "../../src/errors.ts";
import {
  accumulatorBounds,
  biasScale,
  BIAS_LIMIT,
  channelsOf,
  checkAccumulators,
  chooseQparams,
  dequantize,
  expectRange,
  f32,
  fakeQuantize,
  insideRange,
  MIN_SCALE,
  movingAverage,
  quantize,
  quantizeBias,
  quantizeWeight,
  quantRange,
  raiseWeightScale,
  weightRange,
} from "../../src/numerics/index.ts";
import { tensor } from "../../src/tensor/index.ts";

const i8 = quantRange(8, { signed: true });
const u8 = quantRange(8, { signed: false });
const float = fc.float({ noNaN: true, noDefaultInfinity: true });
const range = fc.constantFrom(i8, u8, weightRange(8), weightRange(4), quantRange(2, { signed: false }));

describe("ranges", () => {
  it("of 2 to 8 bits, signed, unsigned and narrow", () => {
    expect([i8, u8, weightRange(8), weightRange(2), quantRange(4, { signed: false })]).toEqual([
      { quantMin: -128, quantMax: 127 },
      { quantMin: 0, quantMax: 255 },
      { quantMin: -127, quantMax: 127 },
      { quantMin: -1, quantMax: 1 },
      { quantMin: 0, quantMax: 15 },
    ]);
    for (const bits of [1, 9, 4.5, NaN]) expect(() => weightRange(bits)).toThrow(QuantizationError);
  });
  it.each([
    [0, 256],
    [-129, 127],
    [-1, 200],
    [5, 5],
    [0, 1.5],
    [NaN, 3],
  ])("%d..%d fits no 8-bit container", (quantMin, quantMax) => {
    expect(() => expectRange('fakeQuantize "a"', { quantMin, quantMax })).toThrow(/fakeQuantize "a"/);
  });
  it("channels of an axis, from either end", () => {
    expect(channelsOf([2, 3, 5], 1)).toEqual({ outer: 2, channels: 3, inner: 5 });
    expect(channelsOf([2, 3, 5], -1)).toEqual({ outer: 6, channels: 5, inner: 1 });
    expect(channelsOf([], null)).toEqual({ outer: 1, channels: 1, inner: 1 });
    expect(() => channelsOf([2, 3], 2)).toThrow(QuantizationError);
  });
});

describe("chooseQparams", () => {
  it("gives a normal scale and a zero point in range for any pair", () => {
    const any = fc.oneof(float, fc.constantFrom(Infinity, -Infinity, NaN, 0, -0));
    fc.assert(
      fc.property(any, any, range, fc.boolean(), (min, max, r, symmetric) => {
        const { scale, zeroPoint } = chooseQparams(min, max, r, symmetric);
        expect(scale).toBe(f32(scale));
        expect(scale).toBeGreaterThanOrEqual(MIN_SCALE);
        expect(scale).toBeLessThan(Infinity);
        expect(Number.isInteger(zeroPoint) && zeroPoint >= r.quantMin && zeroPoint <= r.quantMax).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
  it("0 is exact, and both ends come back within half a step", () => {
    fc.assert(
      fc.property(fc.float({ min: -1e6, max: 1e6, noNaN: true }), fc.float({ min: -1e6, max: 1e6, noNaN: true }), (a, b) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)];
        const { scale, zeroPoint } = chooseQparams(min, max, i8, false);
        expect(fakeQuantize(0, scale, zeroPoint, i8)).toBe(0);
        // The zero point is rounded by up to half a step; f32 arithmetic adds a little.
        for (const x of [min, max]) expect(Math.abs(fakeQuantize(x, scale, zeroPoint, i8) - x)).toBeLessThanOrEqual(scale * 1.0001);
      }),
    );
  });
});

describe("quantize and fakeQuantize", () => {
  const scale = fc.float({ min: f32(2 ** -23), max: f32(2 ** 20), noNaN: true });
  it("fakeQuantize is quantize, then dequantize; what it gives is a fixed point", () => {
    fc.assert(
      fc.property(float, scale, fc.integer({ min: -128, max: 127 }), (x, s, z) => {
        const y = fakeQuantize(x, s, z, i8);
        expect(y).toBe(dequantize(quantize(x, s, z, i8), s, z));
        expect(fakeQuantize(y, s, z, i8)).toBe(y);
      }),
      { numRuns: 5000 },
    );
  });
  it("the gradient passes exactly where nothing was clamped", () => {
    fc.assert(
      fc.property(float, scale, fc.integer({ min: -128, max: 127 }), (x, s, z) => {
        const wide = Math.abs(x / s) < 1e6 ? quantize(x, s, z, { quantMin: -(2 ** 30), quantMax: 2 ** 30 }) : Infinity;
        expect(insideRange(x, s, z, i8)).toBe(wide === quantize(x, s, z, i8));
      }),
      { numRuns: 5000 },
    );
  });
  it("the roundings differ where they should", () => {
    expect(quantize(0.5, 1, 0, i8)).toBe(0);
    expect(quantize(0.5, 1, 0, i8, "tflite")).toBe(1);
    // 1 / 0.41 rounded times x rounded is above a tie that x / 0.41 is exactly on.
    const s = f32(0.41);
    const differ = Array.from({ length: 255 }, (_, k) => f32((k - 127.5) * s)).filter(
      (x) => quantize(x, s, 0, i8) !== quantize(x, s, 0, i8, "divide"),
    );
    expect(differ.length).toBeGreaterThan(0);
  });
  it("a scale of 0 gives no NaN", () => expect(fakeQuantize(0, 0, 0, i8)).toBe(0));
});

describe("weights and biases", () => {
  it("per channel: the largest weight of each is 127, a channel of zeros has the smallest scale", () => {
    const w = tensor("f32", [3, 2], [1, -2, 0, 0, -0.5, 0.25]);
    const { tensor: q, qparams } = quantizeWeight(w, { bits: 8, axis: 0 });
    expect([...q.data]).toEqual([64, -127, 0, 0, -127, 64]);
    expect([...qparams.scale.data]).toEqual([f32(2 / 127), MIN_SCALE, f32(0.5 / 127)]);
    expect([...qparams.zeroPoint.data]).toEqual([0, 0, 0]);
  });
  it("4 bits stay within -7..7", () => {
    const { tensor: q } = quantizeWeight(tensor("f32", [4], [1, -1, 0.6, -0.2]), { bits: 4, axis: null });
    expect([...q.data]).toEqual([7, -7, 4, -1]);
  });
  it("a bias is whole steps of f32(s_x * s_w[c])", () => {
    const bias = quantizeBias(tensor("f32", [2], [1, -0.3]), 0.5, tensor("f32", [2], [0.25, 0.1]));
    expect([...bias.data]).toEqual([8, -6]);
  });
  it("a bias that does not fit names node and channel; the raised scale makes it fit", () => {
    const scales = tensor("f32", [2], [1, MIN_SCALE]);
    const bias = tensor("f32", [2], [1, 100]);
    expect(() => quantizeBias(bias, 1e-3, scales, 'conv2d "conv1"')).toThrow(/conv2d "conv1".*channel 1/);
    const raised = raiseWeightScale(MIN_SCALE, f32(1e-3), 100);
    expect(raised).toBeGreaterThan(MIN_SCALE);
    expect(Math.abs(quantizeBias(bias, f32(1e-3), tensor("f32", [2], [1, raised])).data[1]!)).toBeLessThanOrEqual(BIAS_LIMIT);
  });
  it("raising is needed only beyond the limit, and never by more than it takes", () => {
    const positive = fc.float({ min: f32(1e-20), max: f32(1e6), noNaN: true });
    fc.assert(
      fc.property(
        positive,
        fc.float({ min: f32(1e-7), max: f32(1e3), noNaN: true }),
        fc.float({ min: f32(-1e6), max: f32(1e6), noNaN: true }),
        (w, x, bias) => {
          const raised = raiseWeightScale(w, x, bias);
          const steps = Math.abs(bias) / biasScale(x, raised);
          expect(steps).toBeLessThanOrEqual(BIAS_LIMIT);
          if (raised !== w) expect(steps).toBeGreaterThan(BIAS_LIMIT * (1 - 2 ** -20));
          else expect(raised).toBe(w);
        },
      ),
      { numRuns: 5000 },
    );
  });
});

describe("overflow budget", () => {
  const xRange = u8;
  it("names the node and the channel whose sum could reach 2^31", () => {
    const taps = 65794; // 255 * 128 * 65794 >= 2^31
    const weight = { shape: [2, taps], data: new Int8Array(2 * taps).fill(-128, taps) };
    expect(() => checkAccumulators('qlinear "fc"', { weight, xZeroPoint: 0, xRange })).toThrow(/qlinear "fc".*channel 1/);
    const fits = { shape: [1, taps - 1], data: new Int8Array(taps - 1).fill(-128) };
    expect(() => checkAccumulators('qlinear "fc"', { weight: fits, xZeroPoint: 0, xRange })).not.toThrow();
  });
  it("the bias counts, and so does the further end of x from its zero point", () => {
    const weight = { shape: [1, 2], data: Int8Array.of(3, -5) };
    expect([...accumulatorBounds({ weight, bias: [-7], xZeroPoint: 100, xRange })]).toEqual([7 + 8 * 155]);
    expect([...accumulatorBounds({ weight, weightZeroPoint: [1], xZeroPoint: 200, xRange })]).toEqual([8 * 200]);
    expect(() => checkAccumulators("a", { weight, bias: [2 ** 31 - 1], xZeroPoint: 0, xRange })).toThrow(QuantizationError);
  });
});

describe("movingAverage", () => {
  it("stays between the state and the batch, and finite", () => {
    fc.assert(
      fc.property(float, float, fc.float({ min: f32(0.001), max: 1, noNaN: true }), (m, batch, c) => {
        const { min } = movingAverage({ min: m, max: m }, { min: batch, max: batch }, c);
        expect(Number.isFinite(min)).toBe(true);
        // Each of three roundings may step over an end by a unit of the larger one.
        const slack = Math.max(Math.abs(m), Math.abs(batch)) * 2 ** -22;
        if (Math.abs(batch - m) < 1e38)
          expect(min).toSatisfy((v: number) => v >= Math.min(m, batch) - slack && v <= Math.max(m, batch) + slack);
      }),
    );
  });
});
