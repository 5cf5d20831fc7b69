/**
 * qrelu6: y = min(max(x, zeroPoint), six), the integer relu6: real 0 is stored as the zero point, real 6 as `six`. x, y i8 or
 * u8 of any shape, with the same scale and zero point; zeroPoint, six i32 [1].
 */
import { scalar } from "../tensor/index.ts";
import type { Emitter, Lowering, NodeView, Quantized } from "./op.ts";
import { clamping } from "./qclamp.ts";
import { expectPerTensor, quantized, requantizeAttrs } from "./requantized.ts";

export const qrelu6 = clamping("qrelu6", "zeroPoint", "six");

/**
 * The integer form of a relu6: it shares scale and zero point with its input; the integer of 6 is the one that a fused relu6
 * has.
 */
export function lowerRelu6(b: Emitter, node: NodeView, q: Lowering): Quantized {
  const { value, qparams } = q.input("x");
  expectPerTensor(`relu6 "${node.name}"`, "x", qparams);
  const zeroPoint = b.constant(qparams.zeroPoint, `${node.name}.zeroPoint`);
  const six = b.constant(scalar("i32", requantizeAttrs("relu6", q.rounding, qparams).quantMax), `${node.name}.six`);
  return quantized(b.emit(qrelu6, { x: value, zeroPoint, six }, {}, node.name).y!, qparams);
}
