/** Memory that the host refuses is a typed error, wherever sizes that somebody gave ask for it. */
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { cpu } from "../../src/backend/cpu/index.ts";
import { OutOfMemoryError, ShapeError } from "../../src/errors.ts";
import { GraphBuilder, type Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import { accumulatorBounds, minMaxOf } from "../../src/numerics/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { load } from "../../src/onnx/index.ts";
import { readTensor } from "../../src/onnx/tensor.ts";
import { ops } from "../../src/ops/index.ts";
import * as passes from "../../src/passes/index.ts";
import { allocated, copyOf, f32, filled, fromWords, i8, scalar, tensor, toWords, zeros, type Tensor } from "../../src/tensor/index.ts";
import { readCheckpoint, writeCheckpoint } from "../../src/train/checkpoint.ts";
import * as train from "../../src/train/index.ts";
import { message } from "../support/onnx.ts";
import { first, float, make, sha256 } from "../train/bars.ts";

/** Before src sees the arrays. */
const { memory } = await vi.hoisted(() => import("../support/memory.ts"));
const refuseBeyond = (most: number): void => void (memory.refuses = (bytes) => bytes > most);
afterEach(() => refuseBeyond(Infinity));

/** What `act` throws when there is room for 1,000 bytes at a time. */
async function refusal(act: () => unknown): Promise<OutOfMemoryError> {
  refuseBeyond(1000);
  const failure: unknown = await Promise.resolve()
    .then(act)
    .catch((e: unknown) => e);
  refuseBeyond(Infinity);
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
const [INT8, INT64, FLOAT16] = [3, 7, 10];
const wholes = message([1, 126], [2, INT64], [8, "t"], [9, new Uint8Array(1008)]);
const small = message([1, 1001], [2, INT8], [8, "t"], [9, new Uint8Array(1001)]);
const halves = message([1, 300], [2, FLOAT16], [8, "t"], [9, new Uint8Array(600)]);
/** A copy is refused by the array itself. */
function uncopied(t: Tensor): Tensor {
  const data = t.data.slice();
  data.slice = () => {
    throw new RangeError("Array buffer allocation failed");
  };
  return { ...t, data } as Tensor;
}
const whole = zeros("f32", [300]);
const xRange = { quantMin: -128, quantMax: 127 };
/** A node that makes nothing of its own, to be folded. */
const observed = new GraphBuilder();
const marked = { x: observed.constant(whole), scale: observed.constant(scalar("f32", 1)), zeroPoint: observed.constant(scalar("i32", 0)) };
observed.output("y", observed.emit(ops.observe, marked, xRange).y!);
const marker = observed.build();

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
    ["a tensor of values that are computed", () => filled("i8", [1001], (i) => i, "table"), "table", "1001 bytes"],
    ["a copy", () => copyOf(whole), "tensor f32 [300]", "1200 bytes"],
    ["bytes packed into words", () => toWords(packed), "i8 [300, 3]", "1200 bytes"],
    ["bytes out of words", () => fromWords(i8([1003]), words), "i8 [1003]", "1003 bytes"],
    ["weights of a layer", () => net(nn.sequential({ fc: nn.linear(4, 100) })), "fc.weight", "1600 bytes"],
    ["statistics of a layer", () => norm.trace({ x: f32([1, 1, 1, 251]) }), "nn.batchNorm2d", "1004 bytes"],
    ["labels of a data set", () => train.dataset(zeros("f32", [251, 0, 0, 1]), Array<number>(251).fill(0), 1), "labels", "1004 bytes"],
    ["an order that is drawn", () => new Random(0).permutation(251), "permutation", "1004 bytes"],
    ["ranges of channels", () => minMaxOf(zeros("f32", [251, 0]), 0), "minima", "1004 bytes"],
    [
      "bounds of accumulators",
      () => accumulatorBounds({ weight: { shape: [126], data: [] }, xZeroPoint: 0, xRange }),
      "bounds of accumulators",
      "1008 bytes",
    ],
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
    ["whole numbers of an ONNX file", () => readTensor(wholes, "t"), 'tensor "t"', "1008 bytes"],
    ["bytes of an ONNX file", () => readTensor(small, "t"), 'tensor "t"', "1001 bytes"],
    ["a shared file", () => load(new Uint8Array(new SharedArrayBuffer(1001))), "onnx.load", "1001 bytes"],
    ["constants that are folded", () => passes.foldConstants(marker), "tensor f32 [300]", "1200 bytes"],
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
  refuseBeyond(1000);
  expect(zeros("f32", [250]).data.length).toBe(250);
});

it("zeros of sizes that are none are refused as such", () => {
  for (const size of [-1, 1.5, NaN, 2 ** 60]) expect(() => zeros("f32", [size])).toThrow(ShapeError);
});
