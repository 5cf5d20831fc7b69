import { UsageError } from "../errors.ts";
import { batchNorm2d as batchNorm2dOp } from "../ops/batchNorm2d.ts";
import { increment } from "../ops/increment.ts";
import { allocate, scalar, tensor } from "../tensor/index.ts";
import { define, type Module } from "./module.ts";
import { expectSizes, refuse } from "./sizes.ts";

export interface BatchNorm2dOptions {
  readonly eps?: number;
  /** Weight of a batch in the running statistics; null: all batches weigh the same. */
  readonly momentum?: number | null;
  /** With weight and bias per channel. */
  readonly affine?: boolean;
}

/**
 * x [..., channels], each channel normalized: by the batch's mean and variance in training, else by running ones.
 * Parameters: weight [channels] of 1, bias [channels] of 0. Running mean and variance start at 0 and 1. Behind a
 * convolution or linear layer it costs nothing once quantized: `quant.prepare` and `quant.convert` fold it.
 */
export function batchNorm2d(channels: number, { eps = 1e-5, momentum = 0.1, affine = true }: BatchNorm2dOptions = {}): Module {
  expectSizes("nn.batchNorm2d", { channels: [channels] }, 1);
  if (!(eps > 0 && eps < Infinity)) refuse("nn.batchNorm2d", "eps must be a positive number", "such as 1e-5", eps);
  if (momentum !== null && !(momentum >= 0 && momentum <= 1))
    refuse("nn.batchNorm2d", "momentum must be a weight or null", "0 to 1, or null", momentum);
  const filled = (value: number) => tensor("f32", [channels], allocate("f32", channels, "nn.batchNorm2d").fill(value));
  return define((scope) => {
    const weight = affine ? scope.parameter("weight", [channels], () => 1) : undefined;
    const bias = affine ? scope.parameter("bias", [channels], () => 0) : undefined;
    const runningMean = scope.state("runningMean", "buffer", filled(0));
    const runningVar = scope.state("runningVar", "buffer", filled(1));
    const batches = momentum === null ? scope.state("numBatchesTracked", "buffer", scalar("i32", 0)) : undefined;
    let applied = false;
    return (x) => {
      if (applied)
        throw new UsageError({
          code: "shared-statistics",
          where: `nn.batchNorm2d "${scope.path}"`,
          problem: "is applied twice, and running statistics belong to one place",
          remedy: "Use a module of its own at each place",
        });
      applied = true;
      const step = batches && scope.child("numBatchesTracked").child("next").emit(increment, { x: batches });
      if (batches && step) scope.update(batches, step);
      const y = scope.emitAll(batchNorm2dOp, { x, runningMean, runningVar, weight, bias, step }, { eps, momentum });
      scope.update(runningMean, y.runningMeanOut!);
      scope.update(runningVar, y.runningVarOut!);
      return y.y!;
    };
  });
}
