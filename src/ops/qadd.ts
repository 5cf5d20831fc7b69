/**
 * qadd: integer addition of two tensors with scales of their own, broadcast as in PyTorch.
 *
 *     y = yZeroPoint + clamp(R2(R0((a - aZeroPoint) * 2^20) + R1((b - bZeroPoint) * 2^20)))
 *
 * Ri(v) = v * multiplier[i] * 2^(exponent[i] - 31), each rounded by itself by the rule `rounding`. The converter sets R0 and
 * R1 to s_a / (2 max(s_a, s_b)) and s_b / (2 max(s_a, s_b)), so both are at most 1/2, and R2 to 2 max(s_a, s_b) / (2^20 s_y)
 * (TFLite's scheme). Overflow: |a - aZeroPoint| <= 255, so 255 * 2^20 < 2^28 before, and after R0 and R1 at most 2^27 each;
 * multipliers that are given otherwise saturate per term and wrap in the sum, in reference and kernel alike.
 *
 * The rules float and floatBias compute what ONNX Runtime's QLinearAdd is written as, in correctly rounded f32:
 *
 *     y = yZeroPoint + clamp(rhe(f32(f32(f32((a - aZeroPoint) * s_a) + f32((b - bZeroPoint) * s_b)) / s_y)))
 *
 * Then multiplier and exponent hold s_a, s_b and s_y, f32 numbers as fixed-point ones (floatFixedPoint); s_y is above 0.
 * a, b i8 or u8; y of `dtype`; multiplier, exponent i32 [3]. A fused relu is the lower clamp bound max(quantMin, yZeroPoint).
 */
import { addition, additionMultipliers } from "./addition.ts";
import type { Emitter, Lowering, NodeView, Quantized } from "./op.ts";
import { lowerPairwise } from "./pairwise.ts";

export const qadd = addition("qadd", 1);

/** The integer form of an add; its activation is taken over. */
export const lowerAdd = (b: Emitter, node: NodeView, q: Lowering): Quantized =>
  lowerPairwise(b, `add "${node.name}"`, node, q, qadd, additionMultipliers);
