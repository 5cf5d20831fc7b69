/**
 * y = x in another element type. To i32, i16, i8, i4: the fraction is cut off, what is beyond i32 saturates (NaN is 0), then the
 * lowest bits count, as two's complement; to u32, u16, u8, u4 alike, with all of u32 for positive x. To bool: 0 where x is 0,
 * else 1. To f32 rounds, to f16 rounds on to half floats, ties to even, beyond them to infinity. i16 and u16 lie in i32, i4 in
 * i8, u4 and bool in u8, f16 in f32. Source: ONNX's Cast, NumPy's astype.
 */
import shader from "../../shaders/cast.wgsl";
import { ShapeError } from "../errors.ts";
import { mapped } from "./bytewise.ts";
import { expectDType } from "./check.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";
import { isPacked, numel, sizes, type DType, type TensorType } from "../tensor/index.ts";

interface Target {
  readonly dtype: DType;
  /** Of a whole number, which lies in the lowest ones. */
  readonly bits?: number;
}
export const castTargets = {
  f32: { dtype: "f32" },
  f16: { dtype: "f32" },
  i32: { dtype: "i32", bits: 32 },
  i16: { dtype: "i32", bits: 16 },
  i8: { dtype: "i8", bits: 8 },
  i4: { dtype: "i8", bits: 4 },
  u32: { dtype: "u32", bits: 32 },
  u16: { dtype: "i32", bits: 16 },
  u8: { dtype: "u8", bits: 8 },
  u4: { dtype: "u8", bits: 4 },
  bool: { dtype: "u8" },
} as const satisfies Readonly<Record<string, Target>>;

export type CastTarget = keyof typeof castTargets;
export type CastAttrs = { readonly to: CastTarget };

/** TO of shaders/cast.wgsl, by position. */
const kinds = ["f32", "f16", "bool", "u", "i"];
export const kindOf = (to: CastTarget): number => kinds.indexOf(targetOf(to).bits === undefined ? to : to[0]!);
/** FROM, by position. */
export const castSources: readonly DType[] = ["f32", "i32", "u32", "i8", "u8"];

export const targetOf = (to: CastTarget): Target => castTargets[to];

function typeOf(x: TensorType, { to }: CastAttrs): TensorType {
  return { dtype: targetOf(to).dtype, shape: x.shape };
}

/** The half float nearest to an f64. */
export function half(v: number): number {
  const size = Math.abs(v);
  if (!(size < 65520)) return v * (Number.isFinite(v) ? Infinity : 1);
  // Steps of 2^-24 below 2^-14, else 10 bits behind the first.
  const exponent = Math.max(-14, ((new Uint32Array(Float32Array.of(size).buffer)[0]! >> 23) & 255) - 127);
  const step = 2 ** (exponent - 10);
  const whole = Math.floor(size / step);
  const rest = size / step - whole;
  const up = rest > 0.5 || (rest === 0.5 && whole % 2 === 1);
  return (whole + Number(up)) * step * (v < 0 || Object.is(v, -0) ? -1 : 1);
}

/** The 32 bits of a whole number. */
function wholeOf(v: number, isUnsigned: boolean): number {
  if (Number.isNaN(v)) return 0;
  const most = isUnsigned && v > 0 ? 2 ** 32 - 1 : 2 ** 31 - 1;
  return Math.trunc(Math.max(-(2 ** 31), Math.min(most, v))) | 0;
}

/** What becomes of an f64, if not to f16, and of whole numbers of up to 32 bits. */
export function castOf(to: CastTarget, from: DType): (v: number) => number {
  if (to === "f32") return Math.fround;
  if (to === "f16") return (v) => half(Math.fround(v));
  if (to === "bool") return (v) => Number(v !== 0);
  const [isUnsigned, unused] = [to.startsWith("u"), 32 - targetOf(to).bits!];
  // Whole numbers lose nothing but their highest bits.
  const whole = (v: number): number => (from === "u32" ? v | 0 : wholeOf(v, isUnsigned));
  return isUnsigned ? (v) => (whole(v) << unused) >>> unused : (v) => (whole(v) << unused) >> unused;
}

export const cast: OpDef<CastAttrs> = {
  name: "cast",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "float",

  infer({ x }, attrs, where) {
    expectDType(where, "x", x!, ...castSources);
    if (!Object.hasOwn(castTargets, attrs.to))
      throw new ShapeError({
        code: "bad-attribute",
        where,
        problem: "to is no element type",
        expected: Object.keys(castTargets).join(", "),
        got: String(attrs.to).slice(0, 20),
      });
    return { y: typeOf(x!, attrs) };
  },

  reference({ x }, attrs) {
    const { dtype } = typeOf(x!, attrs);
    return { y: mapped(x!, dtype, castOf(attrs.to, x!.dtype)) };
  },

  // Rounding counts as the identity.
  grad: (_b, { attrs: { to } }, { y: dy }) => ({ x: to === "f32" || to === "f16" ? (dy ?? null) : null }),

  kernel({ x }, attrs, device) {
    const { to } = attrs;
    const y = typeOf(x!, attrs);
    const shape = sizes(x!.shape);
    const size = shape.at(-1) ?? 1;
    const chunks = ceilDiv(size, 4);
    const total = numel(shape.slice(0, -1)) * chunks;
    const threads = ceilDiv(total, device.software ? 8 : 2);
    const bits = targetOf(to).bits;
    const constants = {
      FROM: castSources.indexOf(x!.dtype),
      TO: kindOf(to),
      BITS: bits ?? 32,
      PACKED: isPacked(y.dtype),
    };
    const same = x!.dtype === y.dtype && (to === "f32" || bits === (isPacked(y.dtype) ? 8 : 32));
    return [
      { name: "alias", when: same, alias: { y: "x" }, calls: [] },
      {
        name: "chunks",
        when: !same,
        calls: [{ shader, constants, params: { total, threads, chunks, size }, workgroups: dispatch1d(threads, 64, device) }],
      },
    ];
  },
};
