/**
 * y = x in another element type, where x, y or both are of 64 bits (wide.ts): x is of type `from`, f64 or u64, or where that is
 * null holds plain numbers. Numbers become as cast has it, each in one step: floats are rounded once, half to even; of floats to
 * whole numbers the fraction is cut off, what is beyond saturates (u64: at 2^64 - 1; at -2^63 where negative, as two's complement;
 * NaN is 0), then the lowest bits count, as of whole numbers. Every NaN becomes the same one.
 */
import shader from "../../shaders/wideCast.wgsl";
import { ShapeError } from "../errors.ts";
import { castOf, castSources, castTargets, half, kindOf, targetOf, type CastTarget } from "./cast.ts";
import { expectDType } from "./check.ts";
import { f64Zeros } from "./host.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";
import { f64sOf, u64sOf, wideShape, wideTensor, wideTypes, type WideType } from "./wide.ts";
import { copyOf, filled, isPacked, numel, sizes, zeros, type TensorType } from "../tensor/index.ts";

export type WideCastAttrs = { readonly from: WideType | null; readonly to: CastTarget | WideType };

const isWide = (to: CastTarget | WideType): to is WideType => wideTypes.includes(to);

function typeOf(x: TensorType, { from, to }: WideCastAttrs, where: string): TensorType {
  const shape = from === null ? x.shape : wideShape(where, "x", x);
  return isWide(to) ? { dtype: "u32", shape: [...shape, 2] } : { dtype: targetOf(to).dtype, shape };
}

/** u64 where it is not negative, two's complement where it is. */
function u64Of(v: number): bigint {
  if (Number.isNaN(v)) return 0n;
  return v >= 2 ** 64 ? 2n ** 64n - 1n : BigInt.asUintN(64, BigInt(Math.trunc(Math.max(v, -(2 ** 63)))));
}

/** The nearest f32. An f64 on the way may decide a tie, unless the bits that it would lose are all in one that it keeps. */
function f32Of(v: bigint): number {
  const exact = v < 2n ** 53n ? Number(v) : 2048 * Number((v >> 11n) | BigInt(v % 2048n !== 0n));
  return Math.fround(exact);
}

type Narrower = Exclude<CastTarget | WideType, "u64">;

/** What becomes of a plain number, or of an f64. */
const ofNumber = (to: Narrower): ((v: number) => number) => (to === "f64" ? Number : to === "f16" ? half : castOf(to, "f32"));

/** And of a u64. */
function ofWhole(to: Narrower): (v: bigint) => number {
  if (to === "f64") return Number;
  if (to === "f32") return f32Of;
  // Numbers that f64 does not hold are beyond half floats.
  if (to === "f16") return (v) => half(Number(v));
  if (to === "bool") return (v) => Number(v !== 0n);
  const low = castOf(to, "u32");
  return (v) => low(Number(BigInt.asUintN(32, v)));
}

export const wideCast: OpDef<WideCastAttrs> = {
  name: "wideCast",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "float",
  defaults: { from: null },

  infer({ x }, attrs, where) {
    const { from, to } = attrs;
    const fail = (problem: string, expected: string, got: unknown, remedy?: string): never => {
      throw new ShapeError({ code: "bad-attribute", where, problem, expected, got: String(got).slice(0, 20), remedy });
    };
    if (from !== null && !wideTypes.includes(from)) fail("from is no type of 64 bits", "f64, u64 or null: x's element type", from);
    if (!isWide(to) && !Object.hasOwn(castTargets, to))
      fail("to is no element type", [...Object.keys(castTargets), ...wideTypes].join(", "), to);
    if (from === null && !isWide(to)) fail("neither x nor y is of 64 bits", "from or to f64 or u64", to, "Use cast");
    if (from === null) expectDType(where, "x", x!, ...castSources);
    return { y: typeOf(x!, attrs, where) };
  },

  reference({ x }, attrs) {
    const { from, to } = attrs;
    const { dtype, shape } = typeOf(x!, attrs, "wideCast");
    // To the same type the bits stay, also those of NaN.
    if (from === to) return { y: copyOf(x!) };
    const numbers = from === "f64" ? f64sOf(x!) : x!.data;
    if (to === "u64") {
      const y = u64sOf(zeros("u32", sizes(shape)));
      for (let i = 0; i < y.length; i++) y[i] = u64Of(numbers[i]!);
      return { y: wideTensor(shape.slice(0, -1), y) };
    }
    const [wholes, whole, number] = [from === "u64" ? u64sOf(x!) : undefined, ofWhole(to), ofNumber(to)];
    const of = (i: number): number => (wholes ? whole(wholes[i]!) : number(numbers[i]!));
    if (to !== "f64") return { y: filled(dtype, sizes(shape), of) };
    const y = f64Zeros(shape.slice(0, -1));
    for (let i = 0; i < y.length; i++) y[i] = of(i);
    return { y: wideTensor(shape.slice(0, -1), y) };
  },

  kernel({ x }, attrs, device) {
    const { from, to } = attrs;
    const y = typeOf(x!, attrs, "wideCast");
    const shape = sizes(from === null ? x!.shape : x!.shape.slice(0, -1));
    const size = shape.at(-1) ?? 1;
    const chunks = ceilDiv(size, 4);
    const total = numel(shape.slice(0, -1)) * chunks;
    // The types of 64 bits come behind those of cast.
    const wide = (type: WideType): number => 5 + wideTypes.indexOf(type);
    const constants = {
      FROM: from === null ? castSources.indexOf(x!.dtype) : wide(from),
      TO: isWide(to) ? wide(to) : kindOf(to),
      BITS: isWide(to) ? 32 : (targetOf(to).bits ?? 32),
      PACKED: isPacked(y.dtype),
    };
    return [
      { name: "alias", when: from === to, alias: { y: "x" }, calls: [] },
      {
        name: "chunks",
        when: from !== to,
        calls: [{ shader, constants, params: { total, chunks, size }, workgroups: dispatch1d(total, 64, device) }],
      },
    ];
  },
};
