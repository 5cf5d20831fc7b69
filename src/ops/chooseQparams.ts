/**
 * scale and zeroPoint for observed ranges (PyTorch's formula, numerics/qparams.ts), per element: min and max f32 [k] to
 * scale f32 [k] and zeroPoint i32 [k]. Constant tensors get the scale 2^-23; never observed (min > max) gives 1 and 0.
 */
import shader from "../../shaders/chooseQparams.wgsl";
import { chooseTensorQparams, expectRange, symmetricZeroPoint } from "../numerics/index.ts";
import { sizes } from "../tensor/index.ts";
import { expectDType, expectRank, expectShape } from "./check.ts";
import { f32Data } from "./host.ts";
import { dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";

export type ChooseQparamsAttrs = { readonly quantMin: number; readonly quantMax: number; readonly symmetric: boolean };

export const chooseQparams: OpDef<ChooseQparamsAttrs> = {
  name: "chooseQparams",
  inputs: ["min", "max"],
  outputs: ["scale", "zeroPoint"],
  quantization: "float",
  defaults: { symmetric: false },

  infer({ min, max }, attrs, where) {
    expectDType(where, "min", min!, "f32");
    expectDType(where, "max", max!, "f32");
    expectRank(where, "min", min!, 1, "[1] or [channels]");
    expectShape(where, "max", max!, min!.shape, "must have the shape of min");
    expectRange(where, attrs);
    return { scale: { dtype: "f32", shape: min!.shape }, zeroPoint: { dtype: "i32", shape: min!.shape } };
  },

  reference({ min, max }, attrs) {
    const range = { quantMin: attrs.quantMin, quantMax: attrs.quantMax };
    const { scale, zeroPoint } = chooseTensorQparams({ min: f32Data(min), max: f32Data(max) }, range, attrs.symmetric);
    return { scale, zeroPoint };
  },

  kernel({ min }, attrs, device) {
    const channels = sizes(min!.shape)[0]!;
    const { quantMin, quantMax } = attrs;
    const params = { channels, quantMin, quantMax, symmetric: attrs.symmetric ? 1 : 0, symmetricZeroPoint: symmetricZeroPoint(attrs) };
    const bindings = { lowest: "min", highest: "max" };
    return [{ name: "channels", calls: [{ shader, params, bindings, workgroups: dispatch1d(channels, 64, device) }] }];
  },
};
