/** Known answers: does this device compute dot4I8Packed, unpack, pack and requantize as the contract says? */
import { Random } from "../../numerics/random.ts";
import { requantizeTo } from "../../numerics/requantize.ts";
import shader from "../../../shaders/backend/selfTest.wgsl";
import { DATA, MAP_READ, STAGING } from "./context.ts";
import type { Pipelines } from "./pipelines.ts";

const VECTORS = 128;
const names = ["dot4I8Packed", "adding bytes", "unpacking and packing", "requantizing"];

/** Bytes where sign extension, carries and the one product of 2^14 show. */
const corners = [-128, -127, -1, 0, 1, 2, 126, 127];
/** Accumulators at the ends of i32, at exact ties and beyond what f32 holds. */
const accumulators = [0, 1, -1, 2147483647, -2147483648, 16777217, -16777217, 1 << 20, -(1 << 20)];

interface Vectors {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly expected: Int32Array;
}

const sign = (byte: number): number => (byte << 24) >> 24;

/** The vectors and their answers, in plain arithmetic on the host. */
export function knownAnswers(): Vectors {
  const r = new Random(4);
  const words = new Uint32Array(VECTORS * 6);
  const expected = new Int32Array(VECTORS * 4);
  const output = (zeroPoint: number): Parameters<typeof requantizeTo>[2] => ({ zeroPoint, quantMin: -128, quantMax: 127 });
  for (let i = 0; i < VECTORS; i++) {
    // All pairs of corners first, so that every product of them is met in some lane; then random bytes.
    const bytes = (shift: number): number[] =>
      Array.from({ length: 4 }, (_, lane) => (i < 64 ? corners[((i >> shift) + lane * (shift + 1)) & 7]! : r.int(-128, 127)));
    const [a, b] = [bytes(0), bytes(3)];
    const exponent = i < 62 ? i - 31 : r.int(-12, 0);
    const acc = i % 3 === 0 ? accumulators[(i / 3) % accumulators.length]! : r.int(-(2 ** 24), 2 ** 24);
    const multiplier = i % 5 === 0 ? 2 ** 30 : i % 5 === 1 ? 2 ** 31 - 1 : r.int(2 ** 30, 2 ** 31 - 1);
    const zeroPoint = r.int(-128, 127);
    const pack = (lanes: readonly number[]): number => lanes.reduce((word, v, lane) => word | ((v & 255) << (8 * lane)), 0);
    words.set([pack(a), pack(b), acc, multiplier, exponent, zeroPoint], i * 6);
    const dot = a.reduce((sum, v, lane) => sum + v * b[lane]!, 0);
    expected.set(
      [dot, pack(a.map((v, lane) => sign(v + b[lane]!))), pack(a), requantizeTo(acc, { multiplier, exponent }, output(zeroPoint))],
      i * 4,
    );
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
    return `${names[wrong % 4]} gives ${got[wrong]} for ${expected[wrong]} in vector ${Math.floor(wrong / 4)} of the self-test`;
  } catch (e) {
    return `the self-test cannot run: ${(e as Error).message}`;
  } finally {
    for (const b of buffers) b.destroy();
  }
}
