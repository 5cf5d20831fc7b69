/**
 * The straight-through gradient of fakeQuantize: dx = dy where qmin <= rhe(f32(x * f32(1 / s))) + z <= qmax (both ends
 * pass), else a zero of dy's sign. dy, x and dx f32 of one shape; scale and zeroPoint as in fakeQuantize. NaN is outside.
 */
import any from "../../shaders/fakeQuantizeBackward.wgsl";
import vec4 from "../../shaders/fakeQuantizeBackwardVec4.wgsl";
import { insideRange } from "../numerics/index.ts";
import { zeros } from "../tensor/index.ts";
import { expectDType, expectShape } from "./check.ts";
import { f32Data } from "./host.ts";
import type { OpDef } from "./op.ts";
import { forEachElement, inferFakeQuantize, typeChannels, wordGrid, wordVariants, type FakeQuantizeAttrs } from "./quantizer.ts";

export const fakeQuantizeBackward: OpDef<FakeQuantizeAttrs> = {
  name: "fakeQuantizeBackward",
  inputs: ["dy", "x", "scale", "zeroPoint"],
  outputs: ["dx"],
  quantization: "float",
  defaults: { axis: null },

  infer(types, attrs, where) {
    const dx = inferFakeQuantize(types, attrs, where, ["i32", "f32"]);
    expectDType(where, "dy", types.dy!, "f32");
    expectShape(where, "dy", types.dy!, dx.shape, "must have the shape of x");
    return { dx };
  },

  reference({ dy, x, scale, zeroPoint }, attrs) {
    const [dx, float] = [zeros("f32", x!.shape), zeroPoint!.dtype === "f32"];
    const source = f32Data(dy);
    const from = new Uint32Array(source.buffer, source.byteOffset, source.length);
    const to = new Uint32Array(dx.data.buffer);
    forEachElement(typeChannels(x!, attrs.axis), (i, c) => {
      const inside = insideRange(x!.data[i]!, scale!.data[c]!, zeroPoint!.data[c]!, attrs, float);
      to[i] = from[i]! & (inside ? 0xffffffff : 0x80000000);
    });
    return { dx };
  },

  kernel: ({ x, zeroPoint }, { quantMin, quantMax, axis }, device) =>
    wordVariants(wordGrid(x!, axis, device, { packed: false }), vec4, any, {
      constants: { FLOAT_ZERO_POINT: zeroPoint!.dtype === "f32" },
      params: { quantMin, quantMax },
    }),
};
