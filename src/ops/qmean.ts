/**
 * qmean: the mean of x - xZeroPoint over `axes`, requantized; formula, roundings and overflow budget are qaverage.ts's. x i8
 * or u8 of up to 6 axes, y `dtype`; keepDim leaves the axes with size 1, else they are gone; multiplier and exponent i32 [1].
 */
import { broadcastStrides, forEachRow } from "./broadcast.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, Emitter, Lowering, NodeView, OpDef, Quantized, Tensors, Types, Variant } from "./op.ts";
import {
  averageCall,
  averageDefaults,
  averageInputs,
  expectSummable,
  inferAverage,
  lowerAverage,
  storedAverage,
  type AverageAttrs,
} from "./qaverage.ts";
import { inferMean, kept, reducedAxes, type MeanAttrs } from "./reduction.ts";
import { i32, numel, sizes, storageWords, zeros, type Tensor, type TensorType } from "../tensor/index.ts";
import shader from "../../shaders/qmean.wgsl";
import sumShader from "../../shaders/qmeanSum.wgsl";
import wholeShader from "../../shaders/qmeanWhole.wgsl";

export type QmeanAttrs = MeanAttrs & AverageAttrs;

function inferQmean(types: Types, attrs: QmeanAttrs, where: string): TensorType {
  const { y, count } = inferMean(types.x!, attrs, where, "i8", "u8");
  expectSummable(where, count);
  return inferAverage(where, types, attrs, y.shape, 1);
}

const axesOf = (x: TensorType, attrs: MeanAttrs): readonly number[] => reducedAxes("qmean", "x", x.shape.length, attrs.axes);

export const qmean: OpDef<QmeanAttrs> = {
  name: "qmean",
  inputs: averageInputs,
  outputs: ["y"],
  quantization: "float",
  defaults: { keepDim: false, ...averageDefaults },

  infer: (types, attrs, where) => ({ y: inferQmean(types, attrs, where) }),

  reference: (tensors, attrs) => ({ y: quantizedMean(tensors, attrs, inferQmean(tensors, attrs, "qmean"), axesOf(tensors.x!, attrs)) }),

  kernel: (types, attrs, device) => meanPlan(types.x!, inferQmean(types, attrs, "qmean"), attrs, axesOf(types.x!, attrs), device),
};

/** The mean over these axes, as plain loops. */
export function quantizedMean(tensors: Tensors, attrs: AverageAttrs, y: TensorType, axes: readonly number[]): Tensor {
  const { data, shape } = tensors.x!;
  const [out, sums] = [zeros(attrs.dtype, sizes(y.shape)), zeros("i32", sizes(y.shape)).data];
  const strides = broadcastStrides(sizes(kept(shape, axes)), shape);
  const [inner, step] = [shape.at(-1)!, strides.at(-1)!];
  forEachRow(shape, [strides], (row, [offset]) => {
    for (let i = 0; i < inner; i++) sums[offset! + i * step]! += data[row + i]!;
  });
  const [stored, count] = [storedAverage(tensors, attrs), numel(axes.map((a) => shape[a]!))];
  sums.forEach((sum, i) => (out.data[i] = stored(sum, count, count, 0)));
  return out;
}

/** Threads that keep a CPU's cores evenly busy, and a GPU. */
const SOFTWARE_THREADS = 1024;
const GPU_THREADS = 32768;
/** Words whose sums of bytes fit, two into one number. */
const EXACT = 2 ** 8;

/** A run of neighbouring axes that are all kept or all summed, in words. */
interface Run {
  readonly isSummed: boolean;
  readonly size: number;
  readonly step: number;
}

function runsOf(shape: readonly number[], axes: readonly number[]): readonly Run[] {
  const runs: Run[] = [];
  const last = shape.length - 1;
  let step = 1;
  for (let axis = last; axis >= 0; axis--) {
    const size = axis === last ? ceilDiv(shape[axis]!, 4) : shape[axis]!;
    const isSummed = axes.includes(axis);
    const inner = runs[0];
    if (inner?.isSummed === isSummed) runs[0] = { ...inner, size: inner.size * size };
    else if (size > 1) runs.unshift({ isSummed, size, step });
    step *= size;
  }
  return runs;
}

/** The variant that takes the mean of x over these axes: partial sums, then their sums, requantized. */
export function meanPlan(
  x: TensorType,
  y: TensorType,
  attrs: AverageAttrs,
  axes: readonly number[],
  device: DeviceInfo,
): readonly Variant[] {
  const shape = sizes(x.shape);
  const runs = runsOf(shape, axes);
  const none = { size: 1, step: 1 };
  // Outermost kept run last, so that size and step are those of the three innermost; of what is summed, the longest first.
  const keptRuns = runs.filter((r) => !r.isSummed).reverse();
  const summed = runs.filter((r) => r.isSummed).sort((a, b) => b.size - a.size);
  const [kept2 = none, kept1 = none, kept0 = none] = keptRuns;
  const [run0 = none, run1 = none, run2 = none] = summed;
  const words = numel(keptRuns.map((r) => r.size));
  const wanted = ceilDiv(device.software ? SOFTWARE_THREADS : GPU_THREADS, words);
  const chunk = Math.min(EXACT, Math.max(ceilDiv(run0.size, wanted), Math.ceil(Math.sqrt(run0.size))));
  const chunks = ceilDiv(run0.size, chunk);
  const { params, constants } = averageCall(x, attrs);
  const { flip, ...bounds } = params;
  const threads = storageWords(y);
  return [
    wholeVariant(x, runs, attrs, device),
    {
      name: "partial sums",
      scratch: { partial: i32([chunks, words, 4]) },
      calls: [
        {
          shader: sumShader,
          params: {
            threads: chunks * words,
            words,
            kept1: kept1.size,
            kept2: kept2.size,
            keptStep0: kept0.step,
            keptStep1: kept1.step,
            keptStep2: kept2.step,
            chunk,
            size0: run0.size,
            size1: run1.size,
            size2: run2.size,
            step0: run0.step,
            step1: run1.step,
            step2: run2.step,
            flip,
          },
          workgroups: dispatch1d(chunks * words, 64, device),
        },
        {
          shader,
          constants: { ...constants, ACROSS: axes.includes(shape.length - 1) },
          params: {
            threads,
            words,
            chunks,
            rowLength: sizes(y.shape).at(-1) ?? 1,
            count: numel(axes.map((a) => shape[a]!)),
            ...bounds,
          },
          workgroups: dispatch1d(threads, 64, device),
        },
      ],
    },
  ];
}

/** Threads that a kernel of the whole mean needs to be worth it. */
const ENOUGH = 16;

/** Sums and requantizes up to 16 elements a thread: pixels that are neighbours, and rows of bytes without padding between them. */
function wholeVariant(x: TensorType, runs: readonly Run[], attrs: AverageAttrs, device: DeviceInfo): Variant {
  const inner = sizes(x.shape).at(-1) ?? 1;
  const channels = runs.at(-1)?.size ?? 1;
  const [outer, count] = runs.length === 3 ? [runs[0]!.size, runs[1]!.size] : [1, runs[0]?.size ?? 1];
  const parts = ceilDiv(channels, 4);
  const threads = outer * parts;
  const rounds = (group: number): number => ceilDiv(count, group) * (group + 1);
  return {
    name: "whole",
    when:
      device.software &&
      threads >= ENOUGH &&
      (runs.length === 2 || runs.length === 3) &&
      !runs.at(-1)!.isSummed &&
      (inner % 4 === 0 || channels === ceilDiv(inner, 4)) &&
      count <= EXACT,
    calls: [
      {
        shader: wholeShader,
        constants: {
          ...averageCall(x, attrs).constants,
          HALVES: true,
          GROUP: [8, 7, 6, 5].reduce((a, b) => (rounds(b) < rounds(a) ? b : a)),
        },
        params: { threads, channels, parts, count, bytes: inner % 4 === 0 ? 4 * channels : inner, ...averageCall(x, attrs).params },
        workgroups: dispatch1d(threads, 32, device),
      },
    ],
  };
}

/** The integer form of a mean. */
export function lowerMean(b: Emitter, node: NodeView, q: Lowering): Quantized {
  const attrs = node.attrs as MeanAttrs;
  const { count } = inferMean(b.type(q.input("x").value), attrs, "mean", "i8", "u8");
  return lowerAverage(b, node, q, qmean, [count], attrs);
}
