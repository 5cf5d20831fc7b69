/**
 * scale and zeroPoint for observed ranges, per element: min and max f32 [k] to scale f32 [k] and zeroPoint i32 [k].
 * `formula` names the library whose arithmetic it is (numerics/qparams.ts): pytorch, where constant tensors get the scale
 * 2^-23, or fbgemm. Never observed (min > max) gives 1 and 0.
 */
import shader from "../../shaders/chooseQparams.wgsl";
import { QuantizationError } from "../errors.ts";
import {
  chooseTensorQparams,
  expectRange,
  fbgemmSymmetricZeroPoint,
  qparamsFormulas,
  symmetricZeroPoint,
  type QparamsFormula,
} from "../numerics/index.ts";
import { sizes } from "../tensor/index.ts";
import { expectDType, expectRank, expectShape } from "./check.ts";
import { f32Data } from "./host.ts";
import { dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";

export type ChooseQparamsAttrs = {
  readonly quantMin: number;
  readonly quantMax: number;
  readonly symmetric: boolean;
  readonly formula: QparamsFormula;
};

export const chooseQparams: OpDef<ChooseQparamsAttrs> = {
  name: "chooseQparams",
  inputs: ["min", "max"],
  outputs: ["scale", "zeroPoint"],
  quantization: "float",
  defaults: { symmetric: false, formula: "pytorch" },

  infer({ min, max }, attrs, where) {
    expectDType(where, "min", min!, "f32");
    expectDType(where, "max", max!, "f32");
    expectRank(where, "min", min!, 1, "[1] or [channels]");
    expectShape(where, "max", max!, min!.shape, "must have the shape of min");
    expectRange(where, attrs);
    if (!qparamsFormulas.includes(attrs.formula))
      throw new QuantizationError({
        code: "bad-attribute",
        where,
        problem: "the formula is unknown",
        expected: qparamsFormulas.join(", "),
        got: attrs.formula,
      });
    return { scale: { dtype: "f32", shape: min!.shape }, zeroPoint: { dtype: "i32", shape: min!.shape } };
  },

  reference({ min, max }, attrs) {
    const range = { quantMin: attrs.quantMin, quantMax: attrs.quantMax };
    const { scale, zeroPoint } = chooseTensorQparams({ min: f32Data(min), max: f32Data(max) }, range, attrs.symmetric, attrs.formula);
    return { scale, zeroPoint };
  },

  kernel({ min }, attrs, device) {
    const channels = sizes(min!.shape)[0]!;
    const { quantMin, quantMax } = attrs;
    const fbgemm = attrs.formula === "fbgemm";
    const zero = fbgemm ? fbgemmSymmetricZeroPoint(attrs) : symmetricZeroPoint(attrs);
    const params = { channels, quantMin, quantMax, symmetric: attrs.symmetric ? 1 : 0, symmetricZeroPoint: zero };
    const bindings = { lowest: "min", highest: "max" };
    const constants = { FBGEMM: fbgemm };
    return [{ name: "channels", calls: [{ shader, constants, params, bindings, workgroups: dispatch1d(channels, 64, device) }] }];
  },
};
