/** Memory that the host refuses is a typed error, wherever sizes that somebody gave ask for it. */
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { cpu } from "../../src/backend/cpu/index.ts";
import { OutOfMemoryError, ShapeError } from "../../src/errors.ts";
import type { Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import { readTensor } from "../../src/onnx/tensor.ts";
import { allocated, copyOf, f32, fromWords, i8, tensor, toWords, zeros, type Tensor } from "../../src/tensor/index.ts";
import { readCheckpoint, writeCheckpoint } from "../../src/train/checkpoint.ts";
import * as train from "../../src/train/index.ts";
import { message } from "../support/onnx.ts";
import { first, float, make, sha256 } from "../train/bars.ts";

/** In the place of typed arrays, before src sees them: such as have no room beyond `most` bytes. None of it is ever asked for. */
const memory = vi.hoisted(() => {
  const memory = { most: Infinity };
  for (const kind of [Float32Array, Float64Array, Int32Array, Uint32Array, Int8Array, Uint8Array])
    Object.assign(globalThis, {
      [kind.name]: new Proxy(kind, {
        construct(target, given: [unknown], as) {
          const [length] = given;
          if (typeof length === "number" && length * target.BYTES_PER_ELEMENT > memory.most)
            throw new RangeError("Array buffer allocation failed");
          return Reflect.construct(target, given, as) as object;
        },
      }),
    });
  return memory;
});
afterEach(() => void (memory.most = Infinity));

/** What `act` throws when there is room for 1,000 bytes at a time. */
async function refusal(act: () => unknown): Promise<OutOfMemoryError> {
  memory.most = 1000;
  const failure: unknown = await Promise.resolve()
    .then(act)
    .catch((e: unknown) => e);
  memory.most = Infinity;
  expect(failure).toBeInstanceOf(OutOfMemoryError);
  return failure as OutOfMemoryError;
}

const idx = Uint8Array.of(0, 0, 8, 3, ...[0, 0, 0, 2], ...[0, 0, 0, 28], ...[0, 0, 0, 28], ...Array.from({ length: 1568 }, (_, i) => i));
const bytes = zeros("u8", [2, 28, 28]);
const images = zeros("f32", [4, 28, 28, 1]);
const data = train.dataset(images, [0, 1, 2, 0], 3);
const states = new Map([["w", { role: "parameter", tensor: images } as const]]);
const position = { step: 0, gathered: { samples: 0, steps: 0 }, phase: { observers: false, batchNorm: false }, fit: undefined };
const saved = writeCheckpoint({ ...position, facts: new Map(), states });
const net = (layer: nn.Module): Graph => layer.trace({ x: f32([1, 4, 4, 1]) }, { seed: 1 });
const conv = net(nn.conv2d(1, 16, { kernel: 1 }));
const norm = nn.batchNorm2d(251, { affine: false });
const [packed, words, image] = [zeros("i8", [300, 3]), new Uint32Array(251), zeros("f32", [1, 4, 4, 1])];
const FLOAT16 = 10;
const halves = message([1, 300], [2, FLOAT16], [8, "t"], [9, new Uint8Array(600)]);
/** A copy is refused by the array itself. */
function uncopied(t: Tensor): Tensor {
  const data = t.data.slice();
  data.slice = () => {
    throw new RangeError("Array buffer allocation failed");
  };
  return { ...t, data } as Tensor;
}
const whole = uncopied(zeros("f32", [300]));

describe("memory that the host refuses is an OutOfMemoryError that says what for:", () => {
  it.each<readonly [string, () => unknown, where: string, expected: string]>([
    ["zeros", () => zeros("f32", [251]), "tensor f32 [251]", "1004 bytes"],
    [
      "a tensor from a list",
      () =>
        tensor(
          "i32",
          [251],
          Array.from({ length: 251 }, () => 1),
        ),
      "tensor i32 [251]",
      "1004 bytes",
    ],
    ["a copy", () => copyOf(whole), "tensor f32 [300]", "1200 bytes"],
    ["bytes packed into words", () => toWords(packed), "i8 [300, 3]", "1200 bytes"],
    ["bytes out of words", () => fromWords(i8([1003]), words), "i8 [1003]", "1003 bytes"],
    ["weights of a layer", () => net(nn.sequential({ fc: nn.linear(4, 100) })), "fc.weight", "1600 bytes"],
    ["statistics of a layer", () => norm.trace({ x: f32([1, 1, 1, 251]) }), "nn.batchNorm2d", "1004 bytes"],
    ["images that are drawn", () => train.digits({ count: 10 }), "digits", "31360 bytes"],
    ["a batch", () => [...train.batches(data, { batchSize: 2 })], "batch of 2", "6272 bytes"],
    ["a file that is unpacked", () => train.readIdx(gzipSync(idx), { name: "a.gz" }), "a.gz", "1584 bytes"],
    ["images of a file", () => train.idxDataset(bytes, zeros("u8", [2])), "images", "6272 bytes"],
    [
      "a checkpoint that is written",
      () => writeCheckpoint({ ...position, facts: new Map(), states }),
      "checkpoint",
      `${saved.length} bytes`,
    ],
    ["a checkpoint that is read", () => readCheckpoint(saved), 'checkpoint state "w"', "12544 bytes"],
    ["weights of an ONNX file", () => readTensor(halves, "t"), 'tensor "t"', "1200 bytes"],
    ["sums of an op on the CPU", async () => (await cpu().compile(conv))({ x: image }), "sums of [1, 4, 4, 16]", "2048 bytes"],
  ])("%s", async (_, act, where, expected) => {
    expect(await refusal(act)).toMatchObject({
      code: "out-of-memory",
      where,
      problem: "the host had no memory",
      expected,
      got: "Array buffer allocation failed",
      cause: expect.any(RangeError),
    });
  });
});

it("what the engine itself refuses is no different", () => {
  // Longer than any engine's typed arrays: refused before memory comes into it.
  const act = (): unknown => allocated("table", 2 ** 55, () => new Float32Array(2 ** 53));
  expect(act).toThrow(OutOfMemoryError);
  expect(act).toThrow(/^table: the host had no memory \(expected \d+ bytes, got .+\)\. Take smaller/);
});

describe("where a copy is refused", () => {
  it("no state of a graph on the CPU is written", async () => {
    const compiled = await cpu().compile(conv);
    const before = await compiled.readStates();
    const [weight, bias] = [tensor("f32", [16, 1, 1, 1], new Float32Array(16).fill(7)), uncopied(zeros("f32", [16]))];
    const writing = compiled.writeStates(new Map([["weight", weight] as const, ["bias", bias] as const]));
    await expect(writing).rejects.toThrow(OutOfMemoryError);
    expect(await compiled.readStates()).toEqual(before);
  });

  it("no step is done that a recovery could not do again", async () => {
    using trainer = await make(float, { recover: { backend: async () => cpu() } });
    await expect(trainer.step({ ...first, x: uncopied(first.x!) })).rejects.toThrow(OutOfMemoryError);
    expect(trainer.steps).toBe(0);
    expect(sha256(await trainer.graph())).toBe(sha256(float));
    await trainer.step(first);
    expect(trainer.steps).toBe(1);
  });
});

it("there is room for what is smaller", () => {
  memory.most = 1000;
  expect(zeros("f32", [250]).data.length).toBe(250);
});

it("zeros of sizes that are none are refused as such", () => {
  for (const size of [-1, 1.5, NaN, 2 ** 60]) expect(() => zeros("f32", [size])).toThrow(ShapeError);
});
