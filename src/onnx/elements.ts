/** ONNX's element types: their numbers in files, their names, and what becomes of them here. */
import type { WideType } from "../ops/wide.ts";
import type { DType, Shape } from "../tensor/index.ts";

export type ElementType =
  | "float"
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "int32"
  | "int64"
  | "bool"
  | "float16"
  | "double"
  | "uint32"
  | "uint64"
  | "uint4"
  | "int4";

interface Element {
  readonly type: ElementType;
  /** Bytes of one in raw data; of those of half a byte the first is the lower half. */
  readonly bytes: number;
  /** Which list of numbers holds them where there is no raw data. */
  readonly list: "float_data" | "int32_data" | "int64_data" | "double_data" | "uint64_data";
  /** Element type of a value in a graph. */
  readonly dtype: DType;
  /** Of 64 bits: two words of `dtype` hold one, in a trailing axis of 2 that ONNX does not see. */
  readonly wide?: WideType;
  /** The values that there are, where these are whole numbers. */
  readonly range?: readonly [number, number];
}

/**
 * Halves and numbers of 4 and 16 bits lie in wider types, so that they can be handed over, moved, cast and dequantized; only
 * operators that say so compute with them.
 */
const elements = new Map<number, Element>([
  [1, { type: "float", bytes: 4, list: "float_data", dtype: "f32" }],
  [2, { type: "uint8", bytes: 1, list: "int32_data", dtype: "u8", range: [0, 255] }],
  [3, { type: "int8", bytes: 1, list: "int32_data", dtype: "i8", range: [-128, 127] }],
  [4, { type: "uint16", bytes: 2, list: "int32_data", dtype: "i32", range: [0, 65535] }],
  [5, { type: "int16", bytes: 2, list: "int32_data", dtype: "i32", range: [-32768, 32767] }],
  [6, { type: "int32", bytes: 4, list: "int32_data", dtype: "i32", range: [-(2 ** 31), 2 ** 31 - 1] }],
  // Indices and counts: what is computed of them at run time is done in i32.
  [7, { type: "int64", bytes: 8, list: "int64_data", dtype: "i32", range: [-(2 ** 63), 2 ** 63] }],
  [9, { type: "bool", bytes: 1, list: "int32_data", dtype: "u8", range: [0, 1] }],
  [10, { type: "float16", bytes: 2, list: "int32_data", dtype: "f32" }],
  [11, { type: "double", bytes: 8, list: "double_data", dtype: "u32", wide: "f64" }],
  [12, { type: "uint32", bytes: 4, list: "uint64_data", dtype: "u32", range: [0, 2 ** 32 - 1] }],
  [13, { type: "uint64", bytes: 8, list: "uint64_data", dtype: "u32", wide: "u64" }],
  [21, { type: "uint4", bytes: 0.5, list: "int32_data", dtype: "u8", range: [0, 15] }],
  [22, { type: "int4", bytes: 0.5, list: "int32_data", dtype: "i8", range: [-8, 7] }],
]);

/** Names of the types that are not read, for messages. */
const others = new Map<number, string>([
  [8, "string"],
  [14, "complex64"],
  [15, "complex128"],
  [16, "bfloat16"],
  [17, "float8e4m3fn"],
  [18, "float8e4m3fnuz"],
  [19, "float8e5m2"],
  [20, "float8e5m2fnuz"],
  [23, "float4e2m1"],
  [24, "float8e8m0"],
  [25, "uint2"],
  [26, "int2"],
]);

const byType = new Map([...elements.values()].map((e) => [e.type, e]));

/** The element type with this number in files; undefined where it is not read. */
export const elementOf = (code: number | undefined): Element | undefined => (code === undefined ? undefined : elements.get(code));

/** How messages call it. */
export const elementName = (code: number | undefined): string =>
  code === undefined ? "none" : (elements.get(code)?.type ?? others.get(code) ?? `number ${code}`);

/** The element type in a graph. */
export const dtypeOf = (type: ElementType): DType => byType.get(type)!.dtype;

/** How ops call a type of 64 bits; undefined of all others. */
export const wideOf = (type: ElementType): WideType | undefined => byType.get(type)!.wide;

/** The shape of a value in a graph that holds elements of this type in ONNX's `shape`. */
export const storedShape = (type: ElementType, shape: Shape): Shape => (wideOf(type) ? [...shape, 2] : shape);

/** The number in files, as attributes `to` and `dtype` name it. */
export const elementCode = (type: ElementType): number => [...elements].find(([, e]) => e.type === type)![0];

export const readTypes = [...byType.keys()].join(", ");
