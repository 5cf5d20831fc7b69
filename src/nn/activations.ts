/** Functions of single values, and softmax: PyTorch's names and defaults. */
import type { Attrs, OpDef } from "../ops/op.ts";
import { clamp as clampOp } from "../ops/clamp.ts";
import { hardSigmoid as hardSigmoidOp } from "../ops/hardSigmoid.ts";
import { hardSwish as hardSwishOp } from "../ops/hardSwish.ts";
import { leakyRelu as leakyReluOp } from "../ops/leakyRelu.ts";
import { relu as reluOp } from "../ops/relu.ts";
import { relu6 as relu6Op } from "../ops/relu6.ts";
import { sigmoid as sigmoidOp } from "../ops/sigmoid.ts";
import { softmax as softmaxOp } from "../ops/softmax.ts";
import { define, type Module } from "./module.ts";
import { refuse } from "./sizes.ts";

const unary = <A extends Attrs>(op: OpDef<A>, attrs?: Partial<A>): Module => define((scope) => (x) => scope.emit(op, { x }, attrs));

export const relu = (): Module => unary(reluOp);
export const relu6 = (): Module => unary(relu6Op);
export const sigmoid = (): Module => unary(sigmoidOp);
/** min(max(x + 3, 0), 6) / 6 */
export const hardSigmoid = (): Module => unary(hardSigmoidOp);
/** x * hardSigmoid(x) */
export const hardSwish = (): Module => unary(hardSwishOp);

/** x where it is positive, else x * negativeSlope. */
export function leakyRelu({ negativeSlope = 0.01 }: { readonly negativeSlope?: number } = {}): Module {
  if (!Number.isFinite(negativeSlope))
    refuse("nn.leakyRelu", "negativeSlope must be a finite number", "such as 0.01", String(negativeSlope));
  return unary(leakyReluOp, { negativeSlope });
}

export interface ClampOptions {
  /** null: no bound. */
  readonly min?: number | null;
  readonly max?: number | null;
}

/** min(max(x, min), max) */
export function clamp({ min = null, max = null }: ClampOptions): Module {
  if (Number.isNaN(min) || Number.isNaN(max) || (min === null && max === null) || (min ?? -Infinity) > (max ?? Infinity))
    refuse("nn.clamp", "min and max must be bounds in this order", "at least one, min not above max", [String(min), String(max)]);
  return unary(clampOp, { min, max });
}

/** min(max(x, min), max), whose gradient is 0 at the bounds, too. */
export function hardtanh({ min = -1, max = 1 }: { readonly min?: number; readonly max?: number } = {}): Module {
  if (!(min < max)) refuse("nn.hardtanh", "min and max must be bounds in this order", "min below max", [String(min), String(max)]);
  return unary(clampOp, { min, max, boundGradient: 0 });
}

/** Probabilities along the last axis. In a quantized net it stays float: leave it to whoever reads the logits. */
export const softmax = (): Module => unary(softmaxOp);
