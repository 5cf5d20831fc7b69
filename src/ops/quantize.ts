/**
 * y = clamp(round(x / s) + z, qmin, qmax): x f32 to y i8 or u8 of the same shape; scale f32 and zeroPoint i32, [1] or
 * [channels] along `axis`. `rounding` names how x / s becomes whole (numerics/quantize.ts): reciprocal is what
 * fakeQuantize does, divide is ONNX's QuantizeLinear, tflite rounds ties away. Infinities saturate, NaN gives qmin.
 * y i32 (biases, PyTorch's qint32, ONNX's int16): not tflite, with a range within -2^30 .. 2^30 - 1.
 */
import any from "../../shaders/quantize.wgsl";
import vec4 from "../../shaders/quantizeVec4.wgsl";
import i32Shader from "../../shaders/quantizeI32.wgsl";
import { QuantizationError } from "../errors.ts";
import { quantize as quantizeValue, type QuantizeRounding } from "../numerics/index.ts";
import { zeros } from "../tensor/index.ts";
import { expectDType } from "./check.ts";
import type { OpDef } from "./op.ts";
import { expectContainer, expectQparams, forEachElement, typeChannels, wordGrid, wordVariants } from "./quantizer.ts";

export type QuantizeAttrs = {
  readonly dtype: "i8" | "u8" | "i32";
  readonly quantMin: number;
  readonly quantMax: number;
  readonly axis: number | null;
  readonly rounding: QuantizeRounding;
};

const roundings: readonly QuantizeRounding[] = ["reciprocal", "divide", "tflite"];

export const quantize: OpDef<QuantizeAttrs> = {
  name: "quantize",
  inputs: ["x", "scale", "zeroPoint"],
  outputs: ["y"],
  quantization: "float",
  defaults: { axis: null, rounding: "reciprocal" },

  infer(types, attrs, where) {
    expectDType(where, "x", types.x!, "f32");
    expectContainer(where, attrs.dtype, attrs);
    expectQparams(where, types, attrs.axis);
    const offered = attrs.dtype === "i32" ? roundings.slice(0, 2) : roundings;
    if (!offered.includes(attrs.rounding))
      throw new QuantizationError({
        code: "bad-attribute",
        where,
        problem: `rounding is unknown for ${attrs.dtype}`,
        expected: offered.join(", "),
        got: attrs.rounding,
      });
    return { y: { dtype: attrs.dtype, shape: types.x!.shape } };
  },

  reference({ x, scale, zeroPoint }, attrs) {
    const y = zeros(attrs.dtype, x!.shape);
    forEachElement(typeChannels(x!, attrs.axis), (i, c) => {
      y.data[i] = quantizeValue(x!.data[i]!, scale!.data[c]!, zeroPoint!.data[c]!, attrs, attrs.rounding);
    });
    return { y };
  },

  kernel({ x }, { dtype, quantMin, quantMax, axis, rounding }, device) {
    if (dtype === "i32") {
      const { params, workgroups } = wordGrid(x!, axis, device, { packed: false });
      const constants = { DIVIDE: rounding === "divide" };
      return [{ name: "i32", calls: [{ shader: i32Shader, constants, params: { ...params, quantMin, quantMax }, workgroups }] }];
    }
    const constants = { ROUNDING: roundings.indexOf(rounding) };
    return wordVariants(wordGrid(x!, axis, device, { packed: true }), vec4, any, { constants, params: { quantMin, quantMax } });
  },
};
