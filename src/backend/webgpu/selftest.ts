/** Known answers: does this device compute dot4I8Packed, unpack, pack, requantize and add whole f32 numbers as the contract says? */
import { Random } from "../../numerics/random.ts";
import { requantizeTo, type Rounding } from "../../numerics/requantize.ts";
import { clamp, f32 } from "../../numerics/rounding.ts";
import shader from "../../../shaders/backend/selfTest.wgsl";
import { DATA, MAP_READ, STAGING } from "./context.ts";
import type { Pipelines } from "./pipelines.ts";

const VECTORS = 128;
const names = [
  "dot4I8Packed",
  "adding bytes",
  "unpacking and packing",
  "requantizing",
  "requantizing 4 at once",
  "adding products in f32",
  "requantizing by another integer rule",
  "requantizing in f32",
];
const COLUMNS = names.length;

/** Bytes where sign extension, carries and the one product of 2^14 show. */
const corners = [-128, -127, -1, 0, 1, 2, 126, 127];
/** Accumulators at the ends of i32, at exact ties and beyond what f32 holds. */
const accumulators = [-2147483648, 0, 1, -1, 2147483647, 16777217, -16777217, 1 << 20, -(1 << 20)];

interface Vectors {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly expected: Int32Array;
}

const pack = (lanes: readonly number[]): number => lanes.reduce((word, v, lane) => word | ((v & 255) << (8 * lane)), 0);
const sign = (byte: number): number => (byte << 24) >> 24;

/** The vectors and their answers, in plain arithmetic on the host. */
export function knownAnswers(): Vectors {
  const r = new Random(4);
  const words = new Uint32Array(VECTORS * 6);
  const expected = new Int32Array(VECTORS * COLUMNS);
  const output = (zeroPoint: number): Parameters<typeof requantizeTo>[2] => ({ zeroPoint, quantMin: -128, quantMax: 127 });
  for (let i = 0; i < VECTORS; i++) {
    // All pairs of corners first, so that every product of them is met in some lane; then random bytes.
    const bytes = (shift: number): number[] =>
      Array.from({ length: 4 }, (_, lane) => (i < 64 ? corners[((i >> shift) + lane * (shift + 1)) & 7]! : r.int(-128, 127)));
    const [a, b] = [bytes(0), bytes(3)];
    const exponent = i < 62 ? i - 31 : r.int(-24, 0);
    const multiplier = i % 5 === 0 ? 2 ** 30 : i % 5 === 1 ? 2 ** 31 - 1 : r.int(2 ** 30, 2 ** 31 - 1);
    // A tie, or the accumulator next to one: where f32 alone would be wrong, and its exact fallback decides.
    const tie = clamp(Math.round(((r.int(-120, 120) + 0.5) * 2 ** (31 - exponent)) / multiplier), -(2 ** 31), 2 ** 31 - 1);
    const acc = [accumulators[(i / 3) % accumulators.length]!, tie, r.int(-(2 ** 24), 2 ** 24)][i % 3]!;
    const zeroPoint = r.int(-128, 127);
    words.set([pack(a), pack(b), acc, multiplier, exponent, zeroPoint], i * 6);
    const dot = a.reduce((sum, v, lane) => sum + v * b[lane]!, 0);
    const requantized = [acc, acc - 1, acc + 1, -acc].map((v) => requantizeTo(v | 0, { multiplier, exponent }, output(zeroPoint)));
    const by = (rounding: Rounding, v: number): number => requantizeTo(v, { multiplier, exponent }, output(zeroPoint), rounding);
    const others = [by("singleHalfAway", acc), by("doubleHalfAway", acc), by("doubleHalfUp", acc), by("doubleHalfAway", -acc | 0)];
    // A bias with a fraction, added in f32.
    const t = f32(f32(acc) + f32(pack(b)) * 2 ** -12);
    const inFloat = [by("float", acc), by("float", (acc + 1) | 0), by("floatBias", t), by("floatBias", -t)];
    expected.set([dot, pack(a.map((v, lane) => sign(v + b[lane]!))), pack(a), requantized[0]!, pack(requantized)], i * COLUMNS);
    expected.set([pack(others), pack(inFloat)], i * COLUMNS + 6);
  }
  // 1020 products of -128 and -127: the sums end just below 2^24, where f32 ends to hold every integer.
  const large = (word: number, lane: number): number => ((words[word]! >> (8 * lane)) & 1) - 128;
  for (let j = 0; j < 4; j++) {
    let total = 0;
    for (let i = 0; i < VECTORS; i++) total += large(i * 6, j);
    for (let i = 0; i < VECTORS; i++) {
      let weights = 0;
      for (let o = 0; o < 4; o++) weights += (2 * o + 1) * large(i * 6 + 1, (o + j) & 3);
      // 255 vectors from i on: all of them twice, without the one before i.
      expected[i * COLUMNS + 5]! += weights * (2 * total - large(((i + VECTORS - 1) % VECTORS) * 6, j));
    }
  }
  return { words, expected };
}

/** undefined when every answer is right, else what is wrong. `native`: with dot4I8Packed, else with its twin by hand. */
export async function selfTest(device: GPUDevice, pipelines: Pipelines, native: boolean): Promise<string | undefined> {
  const { words, expected } = knownAnswers();
  const buffers: GPUBuffer[] = [];
  const create = (size: number, usage: number): GPUBuffer => {
    const buffer = device.createBuffer({ size, usage });
    buffers.push(buffer);
    return buffer;
  };
  try {
    const code = native ? shader.code : (shader.polyfill ?? shader.code);
    const { pipeline, layout } = await pipelines.get("self-test", { code, constants: {}, bindings: shader.bindings });
    const vectors = create(words.byteLength, DATA);
    const results = create(expected.byteLength, DATA);
    const staging = create(expected.byteLength, STAGING);
    device.queue.writeBuffer(vectors, 0, words);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(
      0,
      device.createBindGroup({ layout, entries: [vectors, results].map((buffer, binding) => ({ binding, resource: { buffer } })) }),
    );
    pass.dispatchWorkgroups(Math.ceil(VECTORS / 64));
    pass.end();
    encoder.copyBufferToBuffer(results, 0, staging, 0, expected.byteLength);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(MAP_READ);
    const got = new Int32Array(staging.getMappedRange());
    const wrong = expected.findIndex((e, i) => got[i] !== e);
    if (wrong < 0) return undefined;
    return `${names[wrong % COLUMNS]} gives ${got[wrong]} for ${expected[wrong]} in vector ${Math.floor(wrong / COLUMNS)} of the self-test`;
  } catch (e) {
    return `the self-test cannot run: ${(e as Error).message}`;
  } finally {
    for (const b of buffers) b.destroy();
  }
}
