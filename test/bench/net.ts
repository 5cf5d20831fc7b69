/**
 * The example nets: a QAT training step, int8 and float inference and memory of the digit net (two convolutions of 40 channels,
 * a linear layer), and of the others what quantization adds to a training step.
 */
import { nets } from "../../examples/nets/index.ts";
import type { Compiled } from "../../src/backend/backend.ts";
import type { WebGpuBackend } from "../../src/backend/webgpu/index.ts";
import { Random } from "../../src/numerics/index.ts";
import * as quant from "../../src/quant/index.ts";
import { bind, type Graph } from "../../src/graph/index.ts";
import { f32, storageBytes, tensor, type Tensor } from "../../src/tensor/index.ts";
import * as train from "../../src/train/index.ts";
import { timeTogether, type Timing } from "./measure.ts";
import type { Row } from "./rows.ts";

export interface NetBars {
  /** Seconds at most. */
  readonly step?: number;
  readonly inference?: number;
}

/** The planner may use so much more than the largest set of values that live at once. */
const MEMORY_BAR = 1.25;

/** A step of quantization-aware training may take so many times that of float training. */
const QAT_BAR = 1.5;

function batchOf(n: number): { x: Tensor<"f32">; labels: Tensor<"i32"> } {
  const random = new Random(11);
  return {
    x: tensor(
      "f32",
      [n, 28, 28, 1],
      Float32Array.from({ length: n * 784 }, () => random.uniform()),
    ),
    labels: tensor(
      "i32",
      [n],
      Int32Array.from({ length: n }, () => random.int(0, 9)),
    ),
  };
}

const floatNet = (name: keyof typeof nets): Graph => nets[name].model(0).trace({ x: f32(["n", 28, 28, 1]) });

const steps =
  (t: train.Trainer, batch: train.Batch) =>
  async (repeats: number): Promise<void> => {
    for (let i = 0; i < repeats; i++) await t.step(batch);
    await t.metrics();
  };

/** QAT over float training steps of the nets with batch norm, which QAT computes otherwise than float training. */
export async function qatRows(backend: WebGpuBackend, n: number): Promise<readonly Row[]> {
  const batch = batchOf(n);
  const rows: Row[] = [];
  for (const name of ["bn3", "vgg", "mobilenet", "resnet"] as const) {
    const float = floatNet(name);
    const options = { loss: train.crossEntropy, optimizer: train.adam({ lr: 1e-3 }), backend, readEvery: 1 << 20 };
    using qat = await train.trainer(quant.prepareQat(float, quant.int8()), options);
    using plain = await train.trainer(float, options);
    const t = await timeTogether({ qat: steps(qat, batch), float: steps(plain, batch) });
    rows.push({
      name: `${name} batch ${n}: QAT over float training step`,
      value: t.qat.median / t.float.median,
      unit: "x",
      timing: t.qat,
      note: `${(t.qat.median / 1e3).toFixed(2)} s and ${(t.float.median / 1e3).toFixed(2)} s`,
      bar: { atMost: QAT_BAR },
    });
  }
  return rows;
}

export async function netRows(backend: WebGpuBackend, n: number, bars: NetBars): Promise<readonly Row[]> {
  const batch = batchOf(n);
  const float = floatNet("digits");
  const options = { loss: train.crossEntropy, optimizer: train.adam({ lr: 1e-3 }), backend, readEvery: 1 << 20 };
  using trainer = await train.trainer(quant.prepareQat(float, quant.int8()), options);
  using floatTrainer = await train.trainer(float, options);
  const step = await timeTogether({ qat: steps(trainer, batch), float: steps(floatTrainer, batch) });
  using training = await backend.compile(trainer.trainingGraph, { sizes: { n } });
  const memory = training.stats();
  const bound = bind(trainer.trainingGraph, { n });
  const bytesOf = (values: Iterable<string>): number => [...values].reduce((sum, v) => sum + storageBytes(bound.types.get(v)!), 0);
  // What every plan must hold for a caller, and what is held: inputs, and outputs with the buffers that they are read from.
  const ends = bytesOf(bound.inputs) + bytesOf(bound.outputs.values());
  const heldEnds = memory.persistentBytes - bytesOf([...bound.states.keys(), ...bound.constants.keys()]);
  const converted = quant.convert(await trainer.graph());
  const stayed = converted.nodes.filter((node) => node.op.weights).map((node) => `${node.op.name} "${node.name}"`);
  if (stayed.length > 0) throw new Error(`not an int8 net: ${stayed.join(", ")} stayed float`);
  using int8 = await backend.compile(converted);
  using floating = await backend.compile(float);
  /** All runs but the last are only queued; the last is read back, which ends after all of them. */
  const infer =
    (run: Compiled) =>
    async (repeats: number): Promise<void> => {
      for (let i = 1; i < repeats; i++) await run.step({ x: batch.x });
      await run({ x: batch.x });
    };
  const t = await timeTogether({ int8: infer(int8), float: infer(floating) });
  const seconds = (name: string, timing: Timing, bar?: number): Row => ({
    name: `digit net batch ${n}: ${name}`,
    value: timing.median / 1e3,
    unit: "s",
    timing,
    note: `${Math.round(n / (timing.median / 1e3))} images/s`,
    ...(bar !== undefined && { bar: { atMost: bar } }),
  });
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  return [
    seconds("QAT training step", step.qat, bars.step),
    seconds("float training step", step.float),
    {
      name: `digit net batch ${n}: QAT over float training step`,
      value: step.qat.median / step.float.median,
      unit: "x",
      bar: { atMost: QAT_BAR },
    },
    seconds("int8 inference", t.int8, bars.inference),
    seconds("float inference", t.float),
    { name: `digit net batch ${n}: int8 over float inference`, value: t.float.median / t.int8.median, unit: "x" },
    {
      name: `digit net batch ${n}: training memory over lower bound`,
      value: memory.peakBytes / memory.lowerBoundBytes,
      unit: "x",
      bar: { atMost: MEMORY_BAR },
      note: `${megabytes(memory.peakBytes)} beyond ${megabytes(memory.persistentBytes)} of weights, state and inputs; ${memory.dispatches} dispatches`,
    },
    {
      name: `digit net batch ${n}: training memory over lower bound with inputs and outputs`,
      value: (memory.peakBytes + heldEnds) / (memory.lowerBoundBytes + ends),
      unit: "x",
      note: `${megabytes(memory.peakBytes + heldEnds)} of ${megabytes(memory.lowerBoundBytes + ends)}`,
    },
  ];
}
