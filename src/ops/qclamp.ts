/**
 * qclamp: y = min(max(x, low), high), of the stored integers: x and y share scale and zero point. x, y i8 or u8 of any shape;
 * low, high i32 [1], where beyond the element type its ends. Where low > high, y = high.
 */
import { quantize } from "../numerics/index.ts";
import { scalar, type Tensor } from "../tensor/index.ts";
import { flipOf, mapped, wordGrid } from "./bytewise.ts";
import { expectDType } from "./check.ts";
import type { Emitter, Lowering, NodeView, OpDef, Quantized } from "./op.ts";
import { dataI32, expectPerTensor, expectScalar, quantized } from "./requantized.ts";
import shader from "../../shaders/qclamp.wgsl";

/** An op that clamps at its inputs `low` and, unless undefined, `high`. */
export function clamping(name: string, low: string, high?: string): OpDef<Record<string, never>> {
  const bounds = high === undefined ? [low] : [low, high];
  return {
    name,
    inputs: ["x", ...bounds],
    outputs: ["y"],
    quantization: "float",

    infer(types, _attrs, where) {
      expectDType(where, "x", types.x!, "i8", "u8");
      for (const bound of bounds) expectScalar(where, bound, types);
      return { y: types.x! };
    },

    reference(tensors) {
      const x = tensors.x as Tensor<"i8" | "u8">;
      const [least, most] = x.dtype === "i8" ? [-128, 127] : [0, 255];
      const of = (bound: string | undefined): number =>
        bound === undefined ? most! : Math.max(least!, Math.min(most!, dataI32(tensors[bound])[0]!));
      const [from, to] = [of(low), of(high)];
      return { y: mapped(x, x.dtype, (q) => Math.min(to, Math.max(from, q))) };
    },

    kernel({ x }, _attrs, device) {
      const { params, workgroups } = wordGrid(x!, device);
      const constants = { CLAMP_HIGH: high !== undefined };
      const bindings = { low, high: high ?? low };
      return [{ name: "word", calls: [{ shader, constants, bindings, params: { ...params, flip: flipOf(x!) }, workgroups }] }];
    },
  };
}

export const qclamp = clamping("qclamp", "low", "high");

/**
 * The integer form of a clamp, which shares scale and zero point with its input. A bound is quantized as the input is,
 * rhe(bound * f32(1 / s)) + z within its range (PyTorch); null is the end of the range.
 */
export function lowerClamp(b: Emitter, node: NodeView, q: Lowering): Quantized {
  const { value, qparams } = q.input("x");
  expectPerTensor(`clamp "${node.name}"`, "x", qparams);
  const bound = (name: string, real: number): string => {
    const integer = quantize(real, qparams.scale.data[0]!, qparams.zeroPoint.data[0]!, qparams);
    return b.constant(scalar("i32", integer), `${node.name}.${name}`);
  };
  const { min, max } = node.attrs as { readonly min: number | null; readonly max: number | null };
  const inputs = { x: value, low: bound("low", min ?? -Infinity), high: bound("high", max ?? Infinity) };
  return quantized(b.emit(qclamp, inputs, {}, node.name).y!, qparams);
}
