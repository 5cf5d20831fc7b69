/**
 * requantize: the same real values in another scale, zero point and element type.
 *
 *     y = yZeroPoint + clamp(R(x - xZeroPoint))
 *
 * R(v) = v * multiplier * 2^(exponent - 31), s_x / s_y, rounded by the rule `rounding`. Overflow: |x - xZeroPoint| <= 255. x i8
 * or u8 of any shape, y of `dtype`; zero points, multiplier and exponent i32 [1]. A fused relu is the lower clamp bound
 * max(quantMin, yZeroPoint). Source: TFLite's QUANTIZE of int8, its RELU and RELU6.
 */
import { requantize as rounded, requantizeMultiplier } from "../numerics/index.ts";
import { scalar } from "../tensor/index.ts";
import { mapped } from "./bytewise.ts";
import { expectDType } from "./check.ts";
import type { Emitter, OpDef, Qparams, Quantized, Rounding } from "./op.ts";
import { pairVariants } from "./pairwise.ts";
import {
  clampBounds,
  dataI32,
  expectRequantize,
  expectScalar,
  quantized,
  requantizeAttrs,
  requantizeDefaults,
  type RequantizeAttrs,
} from "./requantized.ts";
import word from "../../shaders/qmul.wgsl";
import vec4 from "../../shaders/qmulVec4.wgsl";

const scalars = ["xZeroPoint", "yZeroPoint", "multiplier", "exponent"] as const;

export const requantize: OpDef<RequantizeAttrs> = {
  name: "requantize",
  inputs: ["x", ...scalars],
  outputs: ["y"],
  quantization: "float",
  defaults: requantizeDefaults,

  infer(types, attrs, where) {
    expectDType(where, "x", types.x!, "i8", "u8");
    for (const name of scalars) expectScalar(where, name, types);
    expectRequantize(where, attrs);
    return { y: { dtype: attrs.dtype, shape: types.x!.shape } };
  },

  reference(tensors, attrs) {
    const [zx, zy, m, e] = scalars.map((name) => dataI32(tensors[name])[0]!) as [number, number, number, number];
    const { low, high } = clampBounds(attrs, zy);
    return { y: mapped(tensors.x!, attrs.dtype, (q) => zy + Math.max(low, Math.min(high, rounded(q - zx, m, e, attrs.rounding)))) };
  },

  kernel({ x }, attrs, device) {
    const bindings = { a: "x", b: "x", aZeroPoint: "xZeroPoint", bZeroPoint: "xZeroPoint" };
    return pairVariants(
      { vec4, word },
      x!,
      x!,
      attrs,
      { constants: { UNARY: true, FIXED_B: true, SOFTWARE: device.software }, bindings },
      device,
    );
  },
};

/** `x` in the qparams of `y`: itself where they agree, else behind a requantize node of this name. */
export function requantizedTo(b: Emitter, where: string, name: string, x: Quantized, y: Qparams, rounding: Rounding): Quantized {
  const [from, to] = [x.qparams, y].map((p) => ({ scale: p.scale.data[0]!, zeroPoint: p.zeroPoint.data[0]! })) as [Single, Single];
  const inside = y.quantMin <= x.qparams.quantMin && x.qparams.quantMax <= y.quantMax;
  if (x.qparams.dtype === y.dtype && from.scale === to.scale && from.zeroPoint === to.zeroPoint && inside) return quantized(x.value, y);
  const fixed = requantizeMultiplier(rounding, { x: from.scale, y: to.scale }, where);
  const values = [from.zeroPoint, to.zeroPoint, fixed.multiplier, fixed.exponent];
  const inputs = Object.fromEntries(scalars.map((s, i) => [s, b.constant(scalar("i32", values[i]!), `${name}.${s}`)]));
  return quantized(b.emit(requantize, { x: x.value, ...inputs }, requantizeAttrs("none", rounding, y), name).y!, y);
}

interface Single {
  readonly scale: number;
  readonly zeroPoint: number;
}
