/**
 * y = act((x' - mean) * invStd * weight + bias) for each channel, the last axis of x f32 [..., c] (rank 2 or more), with
 * x' = x * inputScale + inputShift, which is never written anywhere. invStd = 1 / sqrt(variance + eps). All other inputs
 * [c]; weight and inputScale are 1, bias and inputShift 0 where they are not given.
 * Training: mean and (biased) variance of x' over all other axes; runningMeanOut = (1 - m) * runningMean + m * mean and
 * the same with the unbiased variance; m = momentum, or 1 / step where momentum is null (cumulative average; step i32 [1]
 * counts batches from 1). Else: mean = runningMean, variance = runningVar, both unchanged.
 * The gradient flows from y alone, and not to the running statistics. Source: PyTorch's batch_norm.
 * Variances: blocks of 8 rows are taken about their own mean in registers and combined by Chan's formula, in a fixed
 * order; nothing cancels, however far the mean is from 0. The reference computes in f64 and rounds once.
 */
import applyShader from "../../shaders/batchNorm2d.wgsl";
import applyVec4Shader from "../../shaders/batchNorm2dVec4.wgsl";
import evaluateShader from "../../shaders/batchNorm2dEvaluate.wgsl";
import momentsShader from "../../shaders/batchNorm2dMoments.wgsl";
import momentsVec4Shader from "../../shaders/batchNorm2dMomentsVec4.wgsl";
import statisticsShader from "../../shaders/batchNorm2dStatistics.wgsl";
import { ShapeError } from "../errors.ts";
import { activate, activationCode, activationGrad, expectActivation } from "./activation.ts";
import { expectBatch, expectChannels, expectEps, gatherGroups, gatherLanes, laneVariants, rowsOf } from "./batchNorm.ts";
import { batchNorm2dBackward } from "./batchNorm2dBackward.ts";
import { expectDType, expectFlag, expectShape } from "./check.ts";
import { f32Data, f64Zeros, i32Data, rounded } from "./host.ts";
import { dispatch1d } from "./kernel.ts";
import type { KernelCall, OpDef } from "./op.ts";
import { f32 } from "../tensor/index.ts";

export type BatchNorm2dAttrs = {
  readonly eps: number;
  /** Weight of the batch in the running statistics; null = all batches weigh the same. */
  readonly momentum: number | null;
  readonly training: boolean;
  readonly activation: string;
};

export const batchNorm2d: OpDef<BatchNorm2dAttrs> = {
  name: "batchNorm2d",
  inputs: ["x", "runningMean", "runningVar", "weight?", "bias?", "step?", "inputScale?", "inputShift?"],
  outputs: ["y", "mean", "invStd", "runningMeanOut", "runningVarOut"],
  quantization: "float",
  absorbsActivation: true,
  evaluation: { role: "buffer", attrs: { training: false } },
  normalization: true,
  defaults: { eps: 1e-5, momentum: 0.1, training: true, activation: "none" },

  infer(types, { eps, momentum, training, activation }, where) {
    const channels = expectChannels(where, types, "runningMean", "runningVar", "weight", "bias", "inputScale", "inputShift");
    expectEps(where, eps);
    expectFlag(where, "training", training);
    expectActivation(where, activation);
    if (momentum !== null && !(momentum >= 0 && momentum <= 1))
      throw new ShapeError({
        code: "bad-attribute",
        where,
        problem: "momentum is no weight",
        expected: "0 to 1, or null",
        got: String(momentum),
      });
    if (types.step) {
      expectDType(where, "step", types.step, "i32");
      expectShape(where, "step", types.step, [1], "must be a scalar");
    } else if (training && momentum === null)
      throw new ShapeError({
        code: "missing-input",
        where,
        problem: "a cumulative average (momentum null) has to know how many batches there were",
        expected: "input step, i32 [1]",
        got: "none",
      });
    if (training) expectBatch(where, types.x!);
    const statistic = { dtype: "f32", shape: [channels] } as const;
    return { y: types.x!, mean: statistic, invStd: statistic, runningMeanOut: statistic, runningVarOut: statistic };
  },

  reference(t, { eps, momentum, training, activation }) {
    const [rows, channels] = rowsOf(t.x!);
    const [x, y] = [f32Data(t.x), f64Zeros(t.x!.shape)];
    const of = (name: string, c: number, missing: number): number => (t[name] ? f32Data(t[name])[c]! : missing);
    const statistics = Array.from({ length: 4 }, () => f64Zeros([channels]));
    const [mean, invStd, runningMean, runningVar] = statistics as [Float64Array, Float64Array, Float64Array, Float64Array];
    const m = momentum ?? (t.step ? 1 / i32Data(t.step)[0]! : 0);
    for (let c = 0; c < channels; c++) {
      const [scale, shift] = [of("inputScale", c, 1), of("inputShift", c, 0)];
      const value = (row: number): number => x[row * channels + c]! * scale + shift;
      runningMean[c] = f32Data(t.runningMean)[c]!;
      runningVar[c] = f32Data(t.runningVar)[c]!;
      let variance = runningVar[c]!;
      mean[c] = runningMean[c]!;
      if (training) {
        let [sum, squares] = [0, 0];
        for (let row = 0; row < rows; row++) sum += value(row);
        mean[c] = sum / rows;
        for (let row = 0; row < rows; row++) squares += (value(row) - mean[c]!) ** 2;
        variance = squares / rows;
        runningMean[c] = (1 - m) * runningMean[c]! + m * mean[c]!;
        runningVar[c] = (1 - m) * runningVar[c]! + (m * squares) / (rows - 1);
      }
      invStd[c] = 1 / Math.sqrt(variance + eps);
      const factor = invStd[c]! * of("weight", c, 1);
      for (let row = 0; row < rows; row++) y[row * channels + c] = (value(row) - mean[c]!) * factor + of("bias", c, 0);
    }
    const result = rounded(t.x!.shape, y);
    activate(result.data, activation);
    const [meanOut, invStdOut, runningMeanOut, runningVarOut] = statistics.map((s) => rounded([channels], s));
    return { y: result, mean: meanOut!, invStd: invStdOut!, runningMeanOut: runningMeanOut!, runningVarOut: runningVarOut! };
  },

  grad(b, { inputs, outputs, attrs: { activation, training, eps } }, grads) {
    if (!grads.y) return {};
    const { x, weight, bias, inputScale, inputShift } = inputs;
    const dy = activationGrad(b, activation, grads.y, outputs.y!);
    const g = b.emit(
      batchNorm2dBackward,
      { dy, x, mean: outputs.mean, invStd: outputs.invStd, weight, inputScale, inputShift },
      { training, eps },
    );
    return {
      x: g.dx!,
      ...(weight && { weight: g.dweight! }),
      ...(bias && { bias: g.dbias! }),
      ...(inputScale && { inputScale: g.dinputScale! }),
      ...(inputShift && { inputShift: g.dinputShift! }),
    };
  },

  kernel(types, { eps, momentum, training, activation }, device) {
    const { weight, bias, inputScale, inputShift } = types;
    const [rows, channels] = rowsOf(types.x!);
    const flags = { hasScale: Number(inputScale !== undefined), hasShift: Number(inputShift !== undefined) };
    // What is not given is not read, but something must be bound.
    const or = (name: string, other: string): string => (types[name] ? name : other);
    return laneVariants(types.x!, device, (lanes) => {
      const apply: KernelCall = {
        shader: lanes.vec4 ? applyVec4Shader : applyShader,
        params: {
          ...lanes.params,
          hasWeight: Number(weight !== undefined),
          hasBias: Number(bias !== undefined),
          activation: activationCode(activation),
        },
        bindings: { weight: or("weight", "affine"), bias: or("bias", "affine") },
        workgroups: lanes.workgroups,
      };
      if (!training)
        return {
          alias: { mean: "runningMean", runningMeanOut: "runningMean", runningVarOut: "runningVar" },
          scratch: { affine: f32([2, channels]) },
          calls: [
            {
              shader: evaluateShader,
              params: { channels, eps, ...flags },
              bindings: { inputScale: or("inputScale", "runningVar"), inputShift: or("inputShift", "runningVar") },
              workgroups: dispatch1d(channels, 64, device),
            },
            apply,
          ],
        };
      const { vectors, partStart, rowStep, span } = lanes.params;
      return {
        inPlace: { runningMeanOut: "runningMean", runningVarOut: "runningVar" },
        scratch: { affine: f32([lanes.parts, 2, channels]) },
        calls: [
          {
            shader: lanes.vec4 ? momentsVec4Shader : momentsShader,
            params: lanes.params,
            bindings: { partial: "affine" },
            workgroups: lanes.workgroups,
          },
          {
            shader: statisticsShader,
            constants: { LANES: gatherLanes(device) },
            params: {
              vectors,
              rows,
              partStart,
              rowStep,
              span,
              channels,
              parts: lanes.parts,
              eps,
              momentum: momentum ?? -1,
              unbiased: rows / (rows - 1),
              ...flags,
            },
            bindings: {
              partial: "affine",
              inputScale: or("inputScale", "x"),
              inputShift: or("inputShift", "x"),
              step: or("step", "x"),
            },
            workgroups: gatherGroups(channels, device),
          },
          apply,
        ],
      };
    });
  },
};
