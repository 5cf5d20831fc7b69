/**
 * qsub: integer subtraction of two tensors with scales of their own, broadcast as in PyTorch: qadd with the second term
 * subtracted, after its rounding.
 *
 *     y = yZeroPoint + clamp(R2(R0((a - aZeroPoint) * 2^20) - R1((b - bZeroPoint) * 2^20)))
 *
 * Inputs, float rules and overflow as in qadd.ts; |a - aZeroPoint| and |b - bZeroPoint| <= 255 bound the difference as they do
 * the sum. Source: TFLite's SUB.
 */
import { addition, additionMultipliers } from "./addition.ts";
import type { Emitter, Lowering, NodeView, Quantized } from "./op.ts";
import { lowerPairwise } from "./pairwise.ts";

export const qsub = addition("qsub", -1);

/** The integer form of a sub; its activation is taken over. */
export const lowerSub = (b: Emitter, node: NodeView, q: Lowering): Quantized =>
  lowerPairwise(b, `sub "${node.name}"`, node, q, qsub, additionMultipliers);
