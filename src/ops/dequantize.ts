/**
 * y = f32(f32(x - z) * s): x i8, u8 or i32 to y f32 of the same shape; scale f32 and zeroPoint i32, [1] or [channels] along
 * `axis`. Never -0.
 */
import any from "../../shaders/dequantize.wgsl";
import vec4 from "../../shaders/dequantizeVec4.wgsl";
import i32Shader from "../../shaders/dequantizeI32.wgsl";
import { dequantize as dequantizeValue } from "../numerics/index.ts";
import { zeros } from "../tensor/index.ts";
import { expectDType } from "./check.ts";
import type { OpDef } from "./op.ts";
import { expectQparams, forEachElement, typeChannels, wordGrid, wordVariants } from "./quantizer.ts";

export type DequantizeAttrs = { readonly axis: number | null };

export const dequantize: OpDef<DequantizeAttrs> = {
  name: "dequantize",
  inputs: ["x", "scale", "zeroPoint"],
  outputs: ["y"],
  quantization: "float",
  defaults: { axis: null },

  infer(types, { axis }, where) {
    expectDType(where, "x", types.x!, "i8", "u8", "i32");
    expectQparams(where, types, axis);
    return { y: { dtype: "f32", shape: types.x!.shape } };
  },

  reference({ x, scale, zeroPoint }, { axis }) {
    const y = zeros("f32", x!.shape);
    forEachElement(typeChannels(x!, axis), (i, c) => {
      y.data[i] = dequantizeValue(x!.data[i]!, scale!.data[c]!, zeroPoint!.data[c]!);
    });
    return { y };
  },

  kernel({ x }, { axis }, device) {
    if (x!.dtype === "i32") {
      const { params, workgroups } = wordGrid(x!, axis, device, { packed: false });
      return [{ name: "i32", calls: [{ shader: i32Shader, params, workgroups }] }];
    }
    const grid = wordGrid(x!, axis, device, { packed: true });
    return wordVariants(grid, vec4, any, { params: { signBit: x!.dtype === "i8" ? 128 : 0 } });
  },
};
