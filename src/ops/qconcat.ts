/**
 * qconcat: y = x0, x1, ... x5 (1 to 6 of them) one after the other along `axis`, negative from the end, of the stored
 * integers: all have y's scale and zero point. i8 or u8, shapes equal but for the axis. Along the innermost axis, whose rows are
 * padded to whole words, bytes move to other lanes.
 */
import { joining, type ConcatAttrs } from "./join.ts";
import type { Emitter, Lowering, NodeView, Quantized, Value } from "./op.ts";
import { requantizedTo } from "./requantize.ts";
import { expectPerTensor, quantized } from "./requantized.ts";

export const qconcat = joining("qconcat", ["i8", "u8"], { quantization: "float" });

/** The integer form of a concat: inputs whose scale or zero point is not y's are requantized to it first. */
export function lowerConcat(b: Emitter, node: NodeView, q: Lowering): Quantized {
  const where = `concat "${node.name}"`;
  expectPerTensor(where, "y", q.output);
  const inputs: Record<string, Value> = {};
  for (const name of Object.keys(node.inputs)) {
    const x = q.input(name);
    expectPerTensor(where, name, x.qparams);
    inputs[name] = requantizedTo(b, where, `${node.name}.${name}`, x, q.output, q.rounding).value;
  }
  return quantized(b.emit(qconcat, inputs, node.attrs as ConcatAttrs, node.name).y!, q.output);
}
