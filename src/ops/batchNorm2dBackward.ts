/**
 * The gradient of batchNorm2d before its activation. x, dy and dx f32 [..., c], everything else [c]; mean and invStd are
 * the outputs of batchNorm2d, N the rows of x, h = (x' - mean) * invStd with x' = x * inputScale + inputShift.
 *   dbias = sum dy; dweight = sum dy * h; dx = inputScale * dx'; dx' = weight * invStd * (dy - dbias / N - h * dweight / N)
 *   in training, where mean and invStd depend on x, else dx' = weight * invStd * dy.
 *   dinputShift = sum dx': 0 in training, else weight * invStd * dbias.
 *   dinputScale = sum dx' * x = (sum dx' * x' - inputShift * sum dx') / inputScale, in closed form: in training sum dx' * x' =
 *   weight * dweight * eps * invStd^2, since sum h = 0 and sum h^2 = N * variance * invStd^2 = N * (1 - eps * invStd^2); else
 *   sum dx' * x' = weight * (dweight + invStd * mean * dbias). An inputScale of 0 gets 0.
 * The reference computes in f64 and rounds once.
 */
import gatherShader from "../../shaders/batchNorm2dBackwardGather.wgsl";
import gradientShader from "../../shaders/batchNorm2dBackward.wgsl";
import gradientVec4Shader from "../../shaders/batchNorm2dBackwardVec4.wgsl";
import sumsShader from "../../shaders/batchNorm2dBackwardSums.wgsl";
import sumsVec4Shader from "../../shaders/batchNorm2dBackwardSumsVec4.wgsl";
import { expectBatch, expectChannels, expectEps, gatherGroups, gatherLanes, laneVariants, rowsOf } from "./batchNorm.ts";
import { expectDType, expectFlag, expectShape } from "./check.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import type { KernelCall, OpDef } from "./op.ts";
import { f32 } from "../tensor/index.ts";

export type BatchNorm2dBackwardAttrs = { readonly training: boolean; readonly eps: number };

export const batchNorm2dBackward: OpDef<BatchNorm2dBackwardAttrs> = {
  name: "batchNorm2dBackward",
  inputs: ["dy", "x", "mean", "invStd", "weight?", "inputScale?", "inputShift?"],
  outputs: ["dx", "dweight", "dbias", "dinputScale", "dinputShift"],
  quantization: "float",
  defaults: { training: true, eps: 1e-5 },

  infer(types, { training, eps }, where) {
    const channels = expectChannels(where, types, "mean", "invStd", "weight", "inputScale", "inputShift");
    expectEps(where, eps);
    expectFlag(where, "training", training);
    expectDType(where, "dy", types.dy!, "f32");
    expectShape(where, "dy", types.dy!, types.x!.shape, "must have the shape of x");
    if (training) expectBatch(where, types.x!);
    const sum = { dtype: "f32", shape: [channels] } as const;
    return { dx: types.x!, dweight: sum, dbias: sum, dinputScale: sum, dinputShift: sum };
  },

  reference(t, { training, eps }) {
    const [rows, channels] = rowsOf(t.x!);
    const [x, dy, dx] = [f32Data(t.x), f32Data(t.dy), f64Zeros(t.x!.shape)];
    const of = (name: string, c: number, missing: number): number => (t[name] ? f32Data(t[name])[c]! : missing);
    const sums = Array.from({ length: 4 }, () => f64Zeros([channels]));
    const [dweight, dbias, dinputScale, dinputShift] = sums as [Float64Array, Float64Array, Float64Array, Float64Array];
    for (let c = 0; c < channels; c++) {
      const [scale, shift, weight] = [of("inputScale", c, 1), of("inputShift", c, 0), of("weight", c, 1)];
      const [mean, invStd] = [of("mean", c, 0), of("invStd", c, 1)];
      const normalized = (i: number): number => (x[i]! * scale + shift - mean) * invStd;
      for (let row = 0, i = c; row < rows; row++, i += channels) {
        dbias[c]! += dy[i]!;
        dweight[c]! += dy[i]! * normalized(i);
      }
      const [b, w] = training ? [dbias[c]! / rows, dweight[c]! / rows] : [0, 0];
      for (let row = 0, i = c; row < rows; row++, i += channels) dx[i] = scale * weight * invStd * (dy[i]! - b - normalized(i) * w);
      dinputShift[c] = training ? 0 : weight * invStd * dbias[c]!;
      const total = training ? dweight[c]! * eps * invStd * invStd : dweight[c]! + invStd * (mean - shift) * dbias[c]!;
      dinputScale[c] = scale === 0 ? 0 : (weight * total) / scale;
    }
    const [weightSum, biasSum, scaleSum, shiftSum] = sums.map((s) => rounded([channels], s));
    return { dx: rounded(t.x!.shape, dx), dweight: weightSum!, dbias: biasSum!, dinputScale: scaleSum!, dinputShift: shiftSum! };
  },

  kernel(types, { training, eps }, device) {
    const [rows, channels] = rowsOf(types.x!);
    const given = (name: string): number => Number(types[name] !== undefined);
    const flags = { hasScale: given("inputScale"), hasShift: given("inputShift") };
    // What is not given is not read, but something must be bound.
    const or = (name: string): string => (types[name] ? name : "mean");
    const bindings = { inputScale: or("inputScale"), inputShift: or("inputShift"), partial: "factors" };
    return laneVariants(types.x!, device, ({ vec4, parts, params, workgroups }) => {
      const sums: KernelCall = { shader: vec4 ? sumsVec4Shader : sumsShader, params: { ...params, ...flags }, bindings, workgroups };
      const gather: KernelCall = {
        shader: gatherShader,
        constants: { LANES: gatherLanes(device) },
        params: { channels, parts, rows, eps, training: Number(training), hasWeight: given("weight"), ...flags },
        bindings: { ...bindings, weight: or("weight") },
        workgroups: gatherGroups(channels, device),
      };
      const apply: KernelCall = {
        shader: vec4 ? gradientVec4Shader : gradientShader,
        constants: { TRAINING: training },
        params,
        workgroups,
      };
      return { scratch: { factors: f32([Math.max(2 * parts, 5), channels]) }, calls: [sums, gather, apply] };
    });
  },
};
