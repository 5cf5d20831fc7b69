/**
 * Reads a safetensors file: u64 length of a JSON header, the header (name -> dtype, shape, data_offsets), the data.
 * Everything is checked before a tensor is made: a file that is cut, doubled, overlapping or has holes is refused.
 */
import { DataError } from "../../src/errors.ts";
import { allocate, tensor, type DType, type Tensor } from "../../src/tensor/index.ts";
import { REMEDY } from "./remedy.ts";

/** The format's own cap on the header, so that a corrupt length is not taken for a huge header. */
const maxHeaderBytes = 100_000_000;

const dtypes = new Map<string, { readonly dtype: DType; readonly bytes: number }>([
  ["F32", { dtype: "f32", bytes: 4 }],
  ["I32", { dtype: "i32", bytes: 4 }],
  ["U32", { dtype: "u32", bytes: 4 }],
  ["I8", { dtype: "i8", bytes: 1 }],
  ["U8", { dtype: "u8", bytes: 1 }],
  // Narrowed to i32 where every value fits; only labels and indices are stored so.
  ["I64", { dtype: "i32", bytes: 8 }],
]);

interface Entry {
  readonly name: string;
  readonly stored: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const isObject = (v: unknown): v is Readonly<Record<string, unknown>> => typeof v === "object" && v !== null && !Array.isArray(v);
const isSize = (v: unknown): v is number => typeof v === "number" && Number.isSafeInteger(v) && v >= 0;

/**
 * @param where the file's name, for errors.
 * @throws DataError codes: header-length, header-json, bad-entry, unknown-dtype, bad-offsets, value-range.
 */
export function readSafetensors(bytes: Uint8Array, where: string): ReadonlyMap<string, Tensor> {
  // A plain view: slice() of Node's Buffer would not copy.
  const { header, data } = split(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), where);
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) if (name !== "__metadata__") entries.push(parseEntry(name, value, where));
  checkLayout(entries, data.length, where);
  return new Map(entries.map((e) => [e.name, read(e, data, where)]));
}

function split(bytes: Uint8Array, where: string): { header: Readonly<Record<string, unknown>>; data: Uint8Array } {
  const fail = (code: string, problem: string, got?: string, cause?: unknown): never => {
    throw new DataError({ code, where, problem, got, cause, remedy: "Is this a whole safetensors file?" });
  };
  if (bytes.length < 8) return fail("header-length", "is too short for a header length", `${bytes.length} bytes`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(Math.min(bytes.length - 8, maxHeaderBytes)))
    return fail("header-length", "says that its header is longer than the file", `${length} of ${bytes.length} bytes`);
  const end = 8 + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, end)));
  } catch (cause) {
    return fail("header-json", "has a header that is not JSON", undefined, cause);
  }
  if (!isObject(header)) return fail("header-json", "has a header that is not a JSON object");
  return { header, data: bytes.subarray(end) };
}

function parseEntry(name: string, value: unknown, where: string): Entry {
  const at = `${where}: tensor ${JSON.stringify(name)}`;
  const fail = (code: string, problem: string, got: unknown): never => {
    throw new DataError({ code, where: at, problem, got: JSON.stringify(got), remedy: REMEDY });
  };
  if (!isObject(value)) return fail("bad-entry", "is not described by an object", value);
  const { dtype, shape, data_offsets: offsets } = value;
  const known = typeof dtype === "string" ? dtypes.get(dtype) : undefined;
  if (!known) return fail("unknown-dtype", `has an element type that is not one of ${[...dtypes.keys()].join(", ")}`, dtype);
  if (!Array.isArray(shape) || !shape.every(isSize)) return fail("bad-entry", "has a shape that is not a list of whole numbers", shape);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize) || offsets[0]! > offsets[1]!)
    return fail("bad-offsets", "has data_offsets that are not [begin, end]", offsets);
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((a, b) => a * b, known.bytes);
  if (bytes !== end - begin) return fail("bad-offsets", `has ${end - begin} bytes where its shape asks for ${bytes}`, value);
  return { name, stored: dtype as string, shape, begin, end };
}

/** The tensors must fill the data without overlaps and holes; an empty tensor may stand at any border. */
function checkLayout(entries: readonly Entry[], length: number, where: string): void {
  let at = 0;
  for (const e of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (e.begin !== at)
      throw new DataError({
        code: "bad-offsets",
        where: `${where}: tensor ${JSON.stringify(e.name)}`,
        problem: e.begin < at ? "overlaps another tensor" : "leaves a hole before it",
        expected: `begin ${at}`,
        got: `${e.begin}`,
        remedy: REMEDY,
      });
    at = e.end;
  }
  if (at !== length)
    throw new DataError({
      code: "bad-offsets",
      where,
      problem: "does not hold as much data as its header says",
      expected: `${at} bytes`,
      got: `${length}`,
      remedy: REMEDY,
    });
}

function read(e: Entry, data: Uint8Array, where: string): Tensor {
  const { dtype, bytes } = dtypes.get(e.stored)!;
  // A copy, because a typed array must start at a multiple of its element size.
  const raw = data.slice(e.begin, e.end);
  if (e.stored !== "I64") {
    const values = allocate(dtype, raw.length / bytes);
    new Uint8Array(values.buffer).set(raw);
    return tensor(dtype, e.shape, values);
  }
  const narrow = Int32Array.from(new BigInt64Array(raw.buffer), (v) => {
    if (BigInt.asIntN(32, v) !== v)
      throw new DataError({
        code: "value-range",
        where: `${where}: tensor ${JSON.stringify(e.name)}`,
        problem: "holds a value that does not fit 32 bits",
        got: `${v}`,
        remedy: REMEDY,
      });
    return Number(v);
  });
  return tensor("i32", e.shape, narrow);
}
