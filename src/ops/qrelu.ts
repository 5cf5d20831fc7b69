/**
 * qrelu: y = max(x, zeroPoint), the integer relu: real 0 is stored as the zero point. x, y i8 or u8 of any shape, with the
 * same scale and zero point; zeroPoint i32 [1].
 */
import type { Emitter, Lowering, NodeView, Quantized } from "./op.ts";
import { clamping } from "./qclamp.ts";
import { quantized } from "./requantized.ts";

export const qrelu = clamping("qrelu", "zeroPoint");

/** The integer form of a relu: it shares scale and zero point with its input. */
export function lowerRelu(b: Emitter, node: NodeView, q: Lowering): Quantized {
  const x = q.input("x");
  const zeroPoint = b.constant(x.qparams.zeroPoint, `${node.name}.zeroPoint`);
  return quantized(b.emit(qrelu, { x: x.value, zeroPoint }, {}, node.name).y!, x.qparams);
}
