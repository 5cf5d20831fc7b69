/**
 * qmul: integer product of two tensors, broadcast as in PyTorch.
 *
 *     y = yZeroPoint + clamp(R((a - aZeroPoint) * (b - bZeroPoint)))
 *
 * R(v) = v * multiplier * 2^(exponent - 31), s_a s_b / s_y, rounded by the rule `rounding` (TFLite's MUL; with the float
 * rules rhe(f32(v * f32(f32(s_a s_b) / s_y)))). Overflow: |v| <= 255 * 255 < 2^16. a, b i8 or u8; y of `dtype`; multiplier,
 * exponent i32 [1]. A fused relu is the lower clamp bound max(quantMin, yZeroPoint).
 */
import { requantize, requantizeMultiplier } from "../numerics/index.ts";
import type { Emitter, Lowering, NodeView, Quantized } from "./op.ts";
import { lowerPairwise, pairwise } from "./pairwise.ts";
import word from "../../shaders/qmul.wgsl";
import vec4 from "../../shaders/qmulVec4.wgsl";

export const qmul = pairwise({
  name: "qmul",
  multipliers: 1,
  shaders: { vec4, word },
  constants: ({ software }) => ({ SOFTWARE: software }),
  combine: (da, db, m, e, rounding) => requantize(da * db, m[0]!, e[0]!, rounding),
});

/** The integer form of a mul; its activation is taken over. */
export const lowerMul = (b: Emitter, node: NodeView, q: Lowering): Quantized =>
  lowerPairwise(b, `mul "${node.name}"`, node, q, qmul, ({ a, b: w, y }, rounding, where) => [
    requantizeMultiplier(rounding, { x: a, w, y }, where),
  ]);
