/// <reference types="vite/client" />
/** What the integer kernels are made of, value by value on the GPU: the packed dot product, its twin, requantize4. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import dot4 from "../../shaders/lib/dot4.wgsl?raw";
import dot4Polyfill from "../../shaders/lib/dot4_polyfill.wgsl?raw";
import lanes from "../../shaders/lib/lanes.wgsl?raw";
import requantizeText from "../../shaders/lib/requantize.wgsl?raw";
import requantize4 from "../../shaders/lib/requantize4.wgsl?raw";
import { packedDot } from "../../src/backend/webgpu/info.ts";
import { clamp, quantizeMultiplier, requantize, roundings } from "../../src/numerics/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { testDevice, testGpu } from "../support/device.ts";
import { runRows } from "../support/rows.ts";

let device: GPUDevice;
/** Both forms of dot4; the native one where the adapter has it. */
let forms: readonly (readonly [string, string])[];
beforeAll(async () => {
  device = await testDevice();
  const native = (await testGpu()).wgslLanguageFeatures.has(packedDot);
  forms = [...(native ? [["native", dot4] as const] : []), ["polyfill", dot4Polyfill]];
});
afterAll(() => device.destroy());

const run = async (libraries: string, body: string, rows: Uint32Array<ArrayBuffer>, constants = {}): Promise<Int32Array> =>
  new Int32Array((await runRows(device, libraries, body, rows, constants)).buffer);

const rowsOf = (count: number, row: (i: number) => readonly number[]): Uint32Array<ArrayBuffer> => {
  const rows = new Uint32Array(count * 4);
  for (let i = 0; i < count; i++) rows.set(row(i), i * 4);
  return rows;
};
const byte = (word: number, lane: number): number => (word << (24 - 8 * lane)) >> 24;

function wrong(actual: Int32Array, expected: (i: number) => number): string[] {
  const found: string[] = [];
  for (let i = 0; i < actual.length && found.length < 5; i++)
    if (actual[i] !== expected(i)) found.push(`row ${i}: ${actual[i]} for ${expected(i)}`);
  return found;
}

describe("dot4", () => {
  it("multiplies every pair of bytes in every lane: 262,144 products", async () => {
    // Lane i >> 16; the other lanes of a are full, those of b are 0.
    const rows = rowsOf(1 << 18, (i) => {
      const shift = (i >>> 16) * 8;
      return [((~(0xff << shift) & 0x807f807f) | (((i >>> 8) & 255) << shift)) >>> 0, ((i & 255) << shift) >>> 0, 0, 0];
    });
    for (const [name, library] of forms) {
      const products = await run(library, "result[i] = bitcast<u32>(dot4(rows[i].x, rows[i].y));", rows);
      expect([name, ...wrong(products, (i) => byte(i >>> 8, 0) * byte(i, 0))]).toEqual([name]);
    }
  });

  it("adds the four products", async () => {
    const r = new Random(1);
    const ends = [0x80808080, 0x7f7f7f7f, 0x81818181, 0x807f807f];
    const rows = rowsOf(1 << 16, (i) => [i < 256 ? ends[i & 3]! : r.u32(), i < 256 ? ends[(i >> 2) & 3]! : r.u32(), 0, 0]);
    for (const [name, library] of forms) {
      const sums = await run(library, "result[i] = bitcast<u32>(dot4(rows[i].x, rows[i].y));", rows);
      const expected = (i: number): number =>
        [0, 1, 2, 3].reduce((s, lane) => s + byte(rows[i * 4]!, lane) * byte(rows[i * 4 + 1]!, lane), 0);
      expect([name, ...wrong(sums, expected)]).toEqual([name]);
    }
  });
});

describe("lanes", () => {
  it("unpacks and packs every byte in every lane", async () => {
    const rows = rowsOf(1 << 16, (i) => [(i * 0x10001) >>> 0, ((i * 0x10001) ^ 0xff00ff) >>> 0, i, 0]);
    const body = (w: string): string => `let q = unpackI8(${w}); result[i] = packI8(q) ^ ${w} ^ u32(q.x * 64 + q.y * 16 + q.z * 4 + q.w);`;
    for (const k of [0, 1]) {
      const mixed = await run(lanes, body(k === 0 ? "rows[i].x" : "rows[i].y"), rows);
      const expected = (i: number): number => [64, 16, 4, 1].reduce((s, m, lane) => s + m * byte(rows[i * 4 + k]!, lane), 0);
      expect(wrong(mixed, expected)).toEqual([]);
    }
  });
});

describe("requantize4", () => {
  it.each(roundings)("gives requantize's integers up to 512: ties, values beside them, both ends of the exponent: %s", async (rounding) => {
    const r = new Random(2);
    const rows = rowsOf(1 << 17, (i) => {
      const scale = r.pick([2 ** -r.int(0, 20), r.uniform(0.5, 1) * 2 ** -r.int(0, 24)]);
      const { multiplier, exponent } = quantizeMultiplier(scale);
      // A tie, or one step beside it, or anywhere up to the clamp and beyond.
      const tie = Math.round((r.int(-600, 600) + 0.5) / scale) + r.int(-1, 1);
      const acc = r.pick([tie, tie, r.int(-(2 ** 31), 2 ** 31 - 1), r.int(-40000, 40000)]);
      return i % 8 === 0
        ? [acc, r.pick([0, 1, 65535, 2 ** 30, 2 ** 31 - 1]), r.pick([-31, 30, -30, 0, 9]), 0]
        : [acc, multiplier, exponent, 0];
    });
    const body = `let row = bitcast<vec4<i32>>(rows[i]);
  // A neighbour that is far from any tie, one that is at a tie in every other row, and the row in a lane of its own.
  let near = 4 + i32(i % 2);
  let m = multipliers(vec4<i32>(row.y, 0x40000000, row.y, 0x40000000), vec4<i32>(row.z, 0, row.z, 0));
  let q = requantize4(vec4<i32>(row.x, 10, row.x, near), m);
  let half = select(2, ${requantize(5, 2 ** 30, 0, rounding)}, near == 5);
  result[i] = bitcast<u32>(select(-9999, q.x, q.x == q.z && q.y == 5 && q.w == half));`;
    const actual = await run(`${requantizeText}\n${requantize4}`, body, rows, { ROUNDING: roundings.indexOf(rounding) });
    const words = new Int32Array(rows.buffer);
    const exact = (i: number): number => requantize(words[i * 4]!, words[i * 4 + 1]!, words[i * 4 + 2]!, rounding);
    expect(wrong(actual, (i) => clamp(exact(i), -512, 512))).toEqual([]);
  });

  it("takes the short way where no lane is near a tie", async () => {
    // Were the exact form always taken, this would be as slow, but right: so it is replaced by a wrong one.
    const broken = requantizeText.replace(
      "fn requantize(acc: i32",
      "fn requantize(acc: i32, multiplier: i32, exponent: i32) -> i32 { return 77; }\nfn exact(acc: i32",
    );
    expect(broken).not.toBe(requantizeText);
    const body =
      "result[i] = bitcast<u32>(requantize4(vec4<i32>(bitcast<i32>(rows[i].x)), multipliers(vec4<i32>(1518500250), vec4<i32>(-6))).x);";
    const rows = rowsOf(1 << 12, (i) => [i, 0, 0, 0]);
    const actual = await run(`${broken}\n${requantize4}`, body, rows);
    const exact = actual.filter((q) => q === 77).length;
    expect(exact).toBeLessThan(20);
    expect(wrong(actual, (i) => (actual[i] === 77 ? 77 : requantize(i, 1518500250, -6)))).toEqual([]);
  });
});
