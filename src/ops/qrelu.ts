/**
 * qrelu: y = max(x, zeroPoint), the integer relu: real 0 is stored as the zero point. x, y i8 or u8 of any shape, with the
 * same scale and zero point; zeroPoint i32 [1].
 */
import { numel, sizes, storageWords, tensor, allocate } from "../tensor/index.ts";
import { expectDType } from "./check.ts";
import { dispatch1d } from "./kernel.ts";
import type { Emitter, Lowering, NodeView, OpDef, Quantized } from "./op.ts";
import { dataI32, expectScalar, quantized, SIGNS } from "./requantized.ts";
import shader from "../../shaders/qrelu.wgsl";

export const qrelu: OpDef<Record<string, never>> = {
  name: "qrelu",
  inputs: ["x", "zeroPoint"],
  outputs: ["y"],
  quantization: "float",

  infer(types, _attrs, where) {
    expectDType(where, "x", types.x!, "i8", "u8");
    expectScalar(where, "zeroPoint", types);
    return { y: types.x! };
  },

  reference({ x, zeroPoint }) {
    const z = dataI32(zeroPoint)[0]!;
    const y = allocate(x!.dtype, x!.data.length);
    for (let i = 0; i < y.length; i++) y[i] = Math.max(x!.data[i]!, z);
    return { y: tensor(x!.dtype, x!.shape, y) };
  },

  kernel({ x }, _attrs, device) {
    const words = storageWords(x!);
    const channels = sizes(x!.shape).at(-1) ?? 1;
    const flip = x!.dtype === "u8" ? SIGNS : 0;
    return [
      {
        name: "word",
        when: numel(x!.shape) > 0,
        calls: [{ shader, params: { words, channels, flip }, workgroups: dispatch1d(words, 64, device) }],
      },
    ];
  },
};

/** The integer form of a relu: it shares scale and zero point with its input. */
export function lowerRelu(b: Emitter, node: NodeView, q: Lowering): Quantized {
  const x = q.input("x");
  const zeroPoint = b.constant(x.qparams.zeroPoint, `${node.name}.zeroPoint`);
  return quantized(b.emit(qrelu, { x: x.value, zeroPoint }, {}, node.name).y!, x.qparams);
}
