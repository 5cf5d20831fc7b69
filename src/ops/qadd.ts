/**
 * qadd: integer addition of two tensors with scales of their own.
 *
 *     y = yZeroPoint + clamp(R2(R0((a - aZeroPoint) * 2^20) + R1((b - bZeroPoint) * 2^20)))
 *
 * Ri(v) = round(v * multiplier[i] * 2^(exponent[i] - 31)), half up, each rounded by itself. The converter sets R0 and R1 to
 * s_a / (2 max(s_a, s_b)) and s_b / (2 max(s_a, s_b)), so both are at most 1/2, and R2 to 2 max(s_a, s_b) / (2^20 s_y)
 * (TFLite's scheme). Overflow: |a - aZeroPoint| <= 255, so 255 * 2^20 < 2^28 before, and after R0 and R1 at most 2^27 each;
 * multipliers that are given otherwise saturate per term and wrap in the sum, in reference and kernel alike.
 * a, b, y i8 of one shape; multiplier, exponent i32 [3]. A fused relu is the lower clamp bound max(quantMin, yZeroPoint).
 */
import { QuantizationError } from "../errors.ts";
import { quantizeMultiplier, requantize } from "../numerics/index.ts";
import { formatType, scalar, sizes, storageWords, tensor } from "../tensor/index.ts";
import { expectDType, expectShape } from "./check.ts";
import { dispatch1d } from "./kernel.ts";
import type { Emitter, Lowering, NodeView, OpDef, Quantized } from "./op.ts";
import {
  clampBounds,
  dataI32,
  dataI8,
  expectI8,
  expectPerTensor,
  expectRequantize,
  expectScalar,
  i32Tensor,
  quantized,
  requantizeAttrs,
  requantizeConstants,
  requantizeDefaults,
  requantizeParams,
  type RequantizeAttrs,
} from "./requantized.ts";
import shader from "../../shaders/qadd.wgsl";

/** Bits by which the inputs are shifted left before they are scaled to the common scale. */
const SHIFT = 20;

export const qadd: OpDef<RequantizeAttrs> = {
  name: "qadd",
  inputs: ["a", "b", "aZeroPoint", "bZeroPoint", "yZeroPoint", "multiplier", "exponent"],
  outputs: ["y"],
  quantization: "float",
  defaults: requantizeDefaults,

  infer(types, attrs, where) {
    const { a, b } = types;
    expectDType(where, "a", a!, "i8");
    expectDType(where, "b", b!, "i8");
    expectShape(where, "b", b!, a!.shape, "must have the shape of a (integers are not broadcast)");
    for (const name of ["aZeroPoint", "bZeroPoint", "yZeroPoint"]) expectScalar(where, name, types);
    for (const name of ["multiplier", "exponent"]) {
      expectDType(where, name, types[name]!, "i32");
      expectShape(where, name, types[name]!, [3], "must hold one value each for a, b and their sum");
    }
    expectRequantize(where, attrs);
    return { y: a! };
  },

  reference(tensors, attrs) {
    const [a, b] = [dataI8(tensors.a), dataI8(tensors.b)];
    const [za, zb, zy] = ["aZeroPoint", "bZeroPoint", "yZeroPoint"].map((name) => dataI32(tensors[name])[0]!) as [number, number, number];
    const [m, e] = [dataI32(tensors.multiplier), dataI32(tensors.exponent)];
    const { low, high } = clampBounds(attrs, zy);
    const scaled = (value: number, i: number): number => requantize(value, m[i]!, e[i]!, attrs.rounding);
    const y = new Int8Array(a.length);
    for (let i = 0; i < y.length; i++) {
      const sum = (scaled((a[i]! - za) * 2 ** SHIFT, 0) + scaled((b[i]! - zb) * 2 ** SHIFT, 1)) | 0;
      y[i] = zy + Math.max(low, Math.min(high, scaled(sum, 2)));
    }
    return { y: tensor("i8", sizes(tensors.a!.shape), y) };
  },

  kernel({ a }, attrs, device) {
    const words = storageWords(a!);
    const channels = sizes(a!.shape).at(-1) ?? 1;
    return [
      {
        name: "word",
        calls: [
          {
            shader,
            constants: requantizeConstants(attrs),
            params: { words, channels, ...requantizeParams(attrs) },
            workgroups: dispatch1d(words, 64, device),
          },
        ],
      },
    ];
  },
};

/**
 * The integer form of an add of two tensors of one shape; its activation is taken over.
 * @throws QuantizationError for what the integer kernel does not know (broadcasting, u8, scales per channel).
 */
export function lowerAdd(emitter: Emitter, node: NodeView, q: Lowering): Quantized {
  const where = `add "${node.name}"`;
  const [a, b, y] = [q.input("a"), q.input("b"), q.output];
  for (const [name, qparams] of [
    ["a", a.qparams],
    ["b", b.qparams],
    ["y", y],
  ] as const) {
    expectI8(where, name, qparams);
    expectPerTensor(where, name, qparams);
  }
  const [ta, tb] = [emitter.type(a.value), emitter.type(b.value)].map(formatType);
  if (ta !== tb)
    throw new QuantizationError({
      code: "unsupported-broadcast",
      where,
      problem: "a and b differ in shape, and integers are not broadcast",
      expected: `b ${ta}`,
      got: tb!,
      remedy: `Leave this add float: map "${node.name}" to null in the qconfig`,
    });
  const [sa, sb, sy] = [a.qparams, b.qparams, y].map((p) => p.scale.data[0]!) as [number, number, number];
  const twice = 2 * Math.max(sa, sb);
  const fixed = [sa / twice, sb / twice, twice / (2 ** SHIFT * sy)].map((m) => quantizeMultiplier(m, where));
  const constant = (name: string, t: Parameters<Emitter["constant"]>[0]): string => emitter.constant(t, `${node.name}.${name}`);
  const inputs = {
    a: a.value,
    b: b.value,
    aZeroPoint: constant("aZeroPoint", scalar("i32", a.qparams.zeroPoint.data[0]!)),
    bZeroPoint: constant("bZeroPoint", scalar("i32", b.qparams.zeroPoint.data[0]!)),
    yZeroPoint: constant("yZeroPoint", scalar("i32", y.zeroPoint.data[0]!)),
    multiplier: constant("multiplier", i32Tensor(fixed.map((f) => f.multiplier))),
    exponent: constant("exponent", i32Tensor(fixed.map((f) => f.exponent))),
  };
  const attrs = requantizeAttrs((node.attrs as RequantizeAttrs).activation, q.rounding, y);
  return quantized(emitter.emit(qadd, inputs, attrs, node.name).y!, y);
}
