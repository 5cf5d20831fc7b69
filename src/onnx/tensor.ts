/** TensorProto: a tensor in a file, with its contents checked against its shape before anything is allocated. */
import { DataError, DTypeError, ShapeError } from "../errors.ts";
import { f64sOf, u64sOf } from "../ops/wide.ts";
import { allocate, allocated, filled, formatShape, tensor, type Tensor } from "../tensor/index.ts";
import { dtypeOf, elementName, elementOf, readTypes, storedShape, wideOf, type ElementType } from "./elements.ts";
import { quote } from "./names.ts";
import { read, type Message } from "./wire.ts";

/**
 * What the file says is known of a tensor, in ONNX's layout: double and uint64 as two words each, the low one first; int64, beyond
 * 2^53 rounded, as numbers, of which NaN is the size of a symbolic axis.
 */
export interface OnnxTensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Contents;
}
export type Contents = Float32Array | Float64Array | Int32Array | Uint32Array | Int8Array | Uint8Array;

const schema = {
  dims: [1, "ints"],
  data_type: [2, "int"],
  segment: [3, "bytes"],
  float_data: [4, "floats"],
  int32_data: [5, "ints"],
  string_data: [6, "messages"],
  int64_data: [7, "ints"],
  name: [8, "text"],
  raw_data: [9, "bytes"],
  double_data: [10, "doubles"],
  uint64_data: [11, "longs"],
  external_data: [13, "messages"],
  data_location: [14, "int"],
} as const;

/** Elements that a value may have: what sizes and indices in shaders can count. */
export const MOST_ELEMENTS = 2 ** 31 - 1;

/** The number of elements. @throws ShapeError for sizes that are none, and more elements than can be counted */
export function countElements(shape: readonly number[], where: string): number {
  let count = 1;
  for (const d of shape) {
    if (!Number.isSafeInteger(d) || d < 0)
      throw new ShapeError({ code: "bad-shape", where, problem: "a size is none", expected: "whole numbers, 0 or more", got: String(d) });
    count *= d;
  }
  // A size of 0 does not make up for the others: together they have to be countable.
  if (shape.length > 32 || shape.reduce((p, d) => p * Math.max(d, 1), 1) > MOST_ELEMENTS)
    throw new ShapeError({
      code: "too-large",
      where,
      problem: "a tensor has more elements than can be counted",
      expected: `at most ${MOST_ELEMENTS}, along at most 32 axes`,
      got: formatShape(shape.slice(0, 8)),
    });
  return count;
}

/** Reads a TensorProto; `whose` says what it is where it has no name of its own. */
export function readTensor(bytes: Uint8Array, whose: string): { readonly name: string; readonly tensor: OnnxTensor } {
  const message = read(schema, bytes, whose);
  const name = message.name ?? "";
  const where = name === "" ? whose : `tensor ${quote(name)}`;
  if (message.data_location === 1 || message.external_data.length > 0)
    throw new DataError({
      code: "external-data",
      where,
      problem: "keeps its contents in another file",
      expected: "contents inside the model",
      remedy:
        "Save the model with its weights inside (onnx.save without save_as_external_data): no file is opened that was not handed over",
    });
  const element = elementOf(message.data_type);
  if (!element)
    throw new DTypeError({
      code: "unsupported-dtype",
      where,
      problem: "has an element type that is not read",
      expected: readTypes,
      got: elementName(message.data_type),
    });
  if (message.segment) throw new DataError({ code: "bad-tensor", where, problem: "is a segment of a tensor", expected: "whole tensors" });
  const shape = message.dims;
  const count = countElements(shape, where);
  return { name, tensor: { type: element.type, shape, data: contents(message, element, count, where) } };
}

type TensorMessage = Message<typeof schema>;
type Element = NonNullable<ReturnType<typeof elementOf>>;

function contents(message: TensorMessage, element: Element, count: number, where: string): Contents {
  const { type, bytes, list, range } = element;
  const lists = (["float_data", "int32_data", "string_data", "int64_data", "double_data", "uint64_data"] as const).filter(
    (l) => message[l].length > 0,
  );
  if (lists.some((l) => l !== list) || (message.raw_data !== undefined && message.raw_data.length > 0 && lists.length > 0))
    throw new DataError({
      code: "bad-tensor",
      where,
      problem: "has contents in more than one place, or in the wrong one",
      expected: `raw_data or ${list} for ${type}`,
      got: [...(message.raw_data ? ["raw_data"] : []), ...lists].join(", "),
    });
  // Lists of halves and of 4 bits hold what raw data do, in numbers of 16 and 8 bits.
  const isRaw = lists.length === 0 || type === "float16" || bytes < 1;
  const raw = lists.length > 0 && isRaw ? spread(message[list], Math.ceil(bytes), where) : (message.raw_data ?? new Uint8Array(0));
  const values = isRaw ? undefined : list === "uint64_data" ? joined(message.uint64_data) : message[list];
  if (values ? values.length !== count : raw.length !== Math.ceil(count * bytes))
    throw new DataError({
      code: "length-mismatch",
      where,
      problem: "the contents do not fill the shape",
      expected: `${count} elements for ${formatShape(message.dims)}`,
      got: values ? `${values.length}` : `${raw.length} bytes of ${type}`,
    });
  if (range) {
    const wrong = values?.find((v) => v < range[0] || v > range[1]) ?? (type === "bool" ? raw.find((v) => v > 1) : undefined);
    if (wrong !== undefined)
      throw new DataError({ code: "bad-tensor", where, problem: `holds a value that ${type} does not have`, got: String(wrong) });
  }
  if (!values) return decoded(type, raw, count, where);
  return listed(type, type === "uint64" ? message.uint64_data : values, where);
}

/** Numbers from their halves. */
const joined = (halves: readonly number[]): readonly number[] =>
  Array.from({ length: halves.length / 2 }, (_, i) => halves[2 * i]! + halves[2 * i + 1]! * 2 ** 32);

/** The lowest bytes of each number, little-endian. */
const spread = (values: readonly number[], bytes: number, where: string): Uint8Array =>
  filled("u8", [bytes * values.length], (i) => values[Math.floor(i / bytes)]! >> (8 * (i % bytes)), where).data;

/** Numbers as int64 is held. @throws OutOfMemoryError */
export const int64s = (values: ArrayLike<number>, where = "numbers of int64"): Float64Array =>
  allocated(where, 8 * values.length, () => Float64Array.from(values));

function listed(type: ElementType, values: readonly number[], where: string): Contents {
  if (type === "int64") return int64s(values, where);
  if (type === "double") return new Uint32Array(int64s(values, where).buffer);
  const data = allocate(dtypeOf(type), values.length, where);
  data.set(values);
  return data;
}

/** The number whose half float has these bits. */
function halfOf(bits: number): number {
  const [exponent, mantissa] = [(bits >> 10) & 31, bits & 1023];
  const size =
    exponent === 31 ? (mantissa === 0 ? Infinity : NaN) : exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -size : size;
}

/** Raw data: little-endian, whatever the machine is. */
function decoded(type: ElementType, raw: Uint8Array, count: number, where: string): Contents {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const each = <T extends Contents>(data: T, of: (i: number) => number): T => {
    for (let i = 0; i < data.length; i++) data[i] = of(i);
    return data;
  };
  switch (type) {
    case "uint8":
    case "bool":
      return each(allocate("u8", count, where), (i) => raw[i]!);
    case "int8":
      return each(allocate("i8", count, where), (i) => raw[i]!);
    case "float":
      return each(allocate("f32", count, where), (i) => view.getFloat32(4 * i, true));
    case "int32":
      return each(allocate("i32", count, where), (i) => view.getInt32(4 * i, true));
    case "uint4":
      return each(allocate("u8", count, where), (i) => (raw[i >> 1]! >> (4 * (i & 1))) & 15);
    case "int4":
      return each(allocate("i8", count, where), (i) => (raw[i >> 1]! << (28 - 4 * (i & 1))) >> 28);
    case "float16":
      return each(allocate("f32", count, where), (i) => halfOf(view.getUint16(2 * i, true)));
    case "uint32":
      return each(allocate("u32", count, where), (i) => view.getUint32(4 * i, true));
    case "int16":
      return each(allocate("i32", count, where), (i) => view.getInt16(2 * i, true));
    case "uint16":
      return each(allocate("i32", count, where), (i) => view.getUint16(2 * i, true));
    case "int64":
      return each(
        allocated(where, 8 * count, () => new Float64Array(count)),
        (i) => Number(view.getBigInt64(8 * i, true)),
      );
    case "double":
    case "uint64":
      return each(allocate("u32", 2 * count, where), (i) => view.getUint32(4 * i, true));
  }
}

/** The tensor as a graph can hold it. @throws ShapeError | DataError where a graph cannot */
export function toTensor({ type, shape, data }: OnnxTensor, where: string): Tensor {
  if (type !== "int64") return tensor(dtypeOf(type), storedShape(type, shape) as readonly number[], data as Tensor["data"]);
  const outside = data.find((v) => v !== (v | 0));
  if (Number.isNaN(outside))
    throw new ShapeError({
      code: "symbolic-size",
      where,
      problem: "holds the size of the symbolic axis, which has to be known here",
      remedy: "Give it in `sizes` of load's options",
    });
  if (outside !== undefined)
    throw new DataError({
      code: "bad-tensor",
      where,
      problem: "holds a value beyond 32 bits, in which int64 is computed",
      got: String(outside),
    });
  return filled("i32", shape, (i) => data[i]!, where);
}

/** The other way: contents that a graph has computed, or that somebody knows. */
export const fromTensor = (type: ElementType, { shape, data }: Tensor): OnnxTensor => ({
  type,
  shape: wideOf(type) ? shape.slice(0, -1) : shape,
  data: type === "int64" ? int64s(data) : data,
});

/** The contents as numbers; uint64 beyond 2^53 is rounded. */
export function numbersOf(t: OnnxTensor): readonly number[] {
  const wide = wideOf(t.type);
  if (wide === undefined) return [...t.data];
  const words = toTensor(t, t.type);
  return wide === "f64" ? [...f64sOf(words)] : Array.from(u64sOf(words), Number);
}
