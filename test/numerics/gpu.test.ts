/// <reference types="vite/client" />
/** The arithmetic that shaders include, against the host's, value by value on the GPU. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import addMultiply from "../../shaders/lib/addMultiply.wgsl?raw";
import divide from "../../shaders/lib/divide.wgsl?raw";
import float32 from "../../shaders/lib/float32.wgsl?raw";
import requantizeText from "../../shaders/lib/requantize.wgsl?raw";
import { finiteF32, requantize, requantizeTo, roundings } from "../../src/numerics/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { testDevice } from "../support/device.ts";
import { runRows } from "../support/rows.ts";
import { anyFloat, fromBits } from "../support/quantizer-cases.ts";

const COUNT = 1 << 17;
let device: GPUDevice;
beforeAll(async () => {
  device = await testDevice();
});
afterAll(() => device.destroy());

/** Evaluates `expression` of a, b and c (u32 each) for every row. */
async function evaluate(
  libraries: readonly string[],
  expression: string,
  columns: readonly Uint32Array[],
  constants = {},
): Promise<Uint32Array> {
  const count = columns[0]!.length;
  const rows = new Uint32Array(count * 4);
  columns.forEach((column, k) => column.forEach((v, i) => (rows[i * 4 + k] = v)));
  return runRows(
    device,
    libraries.join("\n"),
    `let a = rows[i].x; let b = rows[i].y; let c = rows[i].z; result[i] = ${expression};`,
    rows,
    constants,
  );
}

const bitsOf = (x: number): number => new Uint32Array(Float32Array.of(x).buffer)[0]!;
const column = (value: (i: number) => number): Uint32Array => Uint32Array.from({ length: COUNT }, (_, i) => value(i) >>> 0);

function firstDifference(actual: Uint32Array, expected: (i: number) => number, show: (i: number) => string): string | undefined {
  for (let i = 0; i < actual.length; i++)
    if (actual[i] !== expected(i) >>> 0) return `row ${i}: ${show(i)} gives ${actual[i]! | 0}, expected ${expected(i) | 0}`;
  return undefined;
}

/** Pairs of every kind: any exponents, near ones (cancellation), equal magnitudes, subnormals, few bits (ties). */
function floatPairs(seed: number): readonly [Uint32Array, Uint32Array] {
  const r = new Random(seed);
  const near = (a: number): number => {
    const bits = ((bitsOf(a) + r.int(-9, 9)) ^ (r.int(0, 1) << 31) ^ (r.int(-3, 3) << 23)) >>> 0;
    const b = fromBits(bits);
    return Number.isFinite(b) ? b : 1;
  };
  const few = (): number => Math.fround(r.int(-31, 31) * 2 ** r.int(-75, 75));
  const a = new Uint32Array(COUNT);
  const b = new Uint32Array(COUNT);
  for (let i = 0; i < COUNT; i++) {
    const x = [() => anyFloat(r), () => anyFloat(r), () => r.normal(), () => fromBits((r.u32() & 0x80ffffff) >>> 0), few][i % 5]!();
    const y = [() => anyFloat(r), () => near(x), () => r.normal(), () => few(), few][i % 5]!();
    a[i] = bitsOf(x);
    b[i] = bitsOf(y);
  }
  return [a, b];
}

describe("f32 arithmetic in integers", () => {
  const operators: readonly (readonly [string, readonly string[], (a: number, b: number) => number])[] = [
    ["addFloat", [float32, addMultiply], (a, b) => a + b],
    ["multiplyFloat", [float32, addMultiply], (a, b) => a * b],
    ["divideFloat", [float32, divide], (a, b) => a / b],
  ];
  it.each(operators)("%s is the host's f32, subnormals included", async (name, libraries, operator) => {
    const [a, b] = floatPairs(21);
    if (name === "divideFloat") b.forEach((v, i) => (b[i] = (v & 0x7fffffff) === 0 ? 0x3f800000 : v));
    const actual = await evaluate(libraries, `${name}(a, b)`, [a, b]);
    const expected = (i: number): number => bitsOf(finiteF32(operator(fromBits(a[i]!), fromBits(b[i]!))));
    expect(firstDifference(actual, expected, (i) => `${name}(${fromBits(a[i]!)}, ${fromBits(b[i]!)})`)).toBeUndefined();
  });

  it("a division by zero gives the largest finite value, 0 / 0 gives 0", async () => {
    const [a, b] = [
      [1, -1, 0, -0],
      [0, 0, 0, 0],
    ].map((v) => Uint32Array.from({ length: 64 }, (_, i) => bitsOf(v[i % 4]!)));
    const actual = await evaluate([float32, divide], "divideFloat(a, b)", [a!, b!]);
    expect([...actual.subarray(0, 4)].map(fromBits)).toEqual([3.4028234663852886e38, -3.4028234663852886e38, 0, -0]);
  });

  it("reciprocal is 1 / s, correctly rounded, for every fraction of an f32 in steps", async () => {
    const s = column((i) => 0x3f800000 + i * 61);
    const actual = await evaluate([float32, divide], "bitcast<u32>(reciprocal(bitcast<f32>(a)))", [s]);
    expect(
      firstDifference(
        actual,
        (i) => bitsOf(1 / fromBits(s[i]!)),
        (i) => `1 / ${fromBits(s[i]!)}`,
      ),
    ).toBeUndefined();
  });
});

describe("requantize in WGSL", () => {
  const r = new Random(22);
  const ends = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 30, -(2 ** 30), 65535, -65536, 65536];
  const acc = column((i) => {
    // (k + 1/2) * 2^n: a tie of the power of two that row i has for a multiplier.
    const tie = (): number => (r.int(-40, 40) + 0.5) * 2 ** (1 - ((i % 62) - 31));
    return [() => r.u32(), () => r.int(-100000, 100000), () => r.pick(ends) + (i % 2), () => tie() + (i % 3) - 1][i % 4]!();
  });
  const multiplier = column((i) =>
    [() => r.int(2 ** 30, 2 ** 31 - 1), () => 2 ** 30, () => r.pick([0, 1, 2 ** 31 - 1, 65535, 65536, 3 * 2 ** 29])][
      Math.floor(i / 3) % 3
    ]!(),
  );
  const exponent = column((i) => (i % 62) - 31);
  const show = (i: number): string => `acc ${acc[i]! | 0}, multiplier ${multiplier[i]}, exponent ${exponent[i]! | 0}`;
  const call = "bitcast<i32>(a), bitcast<i32>(b), bitcast<i32>(c)";

  it.each(roundings)("every exponent, both ends of i32 and ties: %s", async (rounding) => {
    const constants = { ROUNDING: roundings.indexOf(rounding) };
    const actual = await evaluate([requantizeText], `bitcast<u32>(requantize(${call}))`, [acc, multiplier, exponent], constants);
    // What floatBias is given is an f32, here that of acc.
    const t = (i: number): number => (rounding === "floatBias" ? Math.fround(acc[i]! | 0) : acc[i]! | 0);
    expect(firstDifference(actual, (i) => requantize(t(i), multiplier[i]!, exponent[i]! | 0, rounding), show)).toBeUndefined();
  });

  it("floatBias takes accumulators with a fraction", async () => {
    const t = column((i) =>
      bitsOf([() => r.int(-(2 ** 20), 2 ** 20) / 2 ** r.int(0, 9), () => r.normal() * 2 ** r.int(-20, 31)][i % 2]!()),
    );
    const actual = await evaluate([requantizeText], "bitcast<u32>(requantizeFloat(bitcast<f32>(a), bitcast<i32>(b), bitcast<i32>(c)))", [
      t,
      multiplier,
      exponent,
    ]);
    const expected = (i: number): number => requantize(fromBits(t[i]!), multiplier[i]!, exponent[i]! | 0, "floatBias");
    expect(firstDifference(actual, expected, (i) => `t ${fromBits(t[i]!)}, multiplier ${multiplier[i]}`)).toBeUndefined();
  });

  it("saturates before the zero point is added", async () => {
    const actual = await evaluate([requantizeText], `bitcast<u32>(requantizeTo(${call}, -77, -128, 127))`, [acc, multiplier, exponent]);
    const output = { zeroPoint: -77, quantMin: -128, quantMax: 127 };
    const expected = (i: number): number => requantizeTo(acc[i]! | 0, { multiplier: multiplier[i]!, exponent: exponent[i]! | 0 }, output);
    expect(firstDifference(actual, expected, show)).toBeUndefined();
  });
});
