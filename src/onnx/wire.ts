/**
 * Protocol buffers, as much of them as ONNX files need: a message is read by a table of its fields into a plain object.
 * Nested messages stay bytes (a view, not a copy) until somebody reads them by a table of their own, so that depth costs
 * nothing. Fields that the table does not name are skipped; groups, which ONNX has never had, are refused.
 */
import { DataError } from "../errors.ts";

export type Kind = "int" | "float" | "double" | "text" | "bytes" | "ints" | "floats" | "doubles" | "longs" | "texts" | "messages";
export type Schema = Readonly<Record<string, readonly [field: number, kind: Kind]>>;
type ValueOf = {
  int: number | undefined;
  float: number | undefined;
  double: number | undefined;
  text: string | undefined;
  bytes: Uint8Array | undefined;
  ints: readonly number[];
  floats: readonly number[];
  doubles: readonly number[];
  /** Unsigned, in two halves of 32 bits each, the low one first. */
  longs: readonly number[];
  texts: readonly string[];
  messages: readonly Uint8Array[];
};
/** What a message reads as. Whole numbers beyond 2^53 are the nearest that a number can hold. */
export type Message<S extends Schema> = { readonly [K in keyof S]: ValueOf[S[K][1]] };

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

/** How a single value of a kind lies in the file; of lists, how an element does. */
const wireOf: Readonly<Record<Kind, number>> = {
  int: VARINT,
  ints: VARINT,
  longs: VARINT,
  float: FIXED32,
  floats: FIXED32,
  double: FIXED64,
  doubles: FIXED64,
  text: LENGTH,
  texts: LENGTH,
  bytes: LENGTH,
  messages: LENGTH,
};

class Reader {
  at = 0;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly where: string;

  constructor(bytes: Uint8Array, where: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.where = where;
  }

  fail(problem: string, got?: string): never {
    throw new DataError({
      code: "bad-protobuf",
      where: this.where,
      problem,
      got: got ?? `byte ${this.at} of ${this.bytes.length}`,
      remedy: "The file is damaged, cut short or not ONNX",
    });
  }

  /** The two halves of 64 bits, low one first, both unsigned. */
  halves(): readonly [low: number, high: number] {
    let [low, high] = [0, 0];
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) this.fail("ends within a number");
      const bits = byte & 127;
      if (shift < 28) low += bits * 2 ** shift;
      else if (shift === 28) {
        low += (bits & 15) * 2 ** 28;
        high += bits >> 4;
      } else high += (shift === 63 ? bits & 1 : bits) * 2 ** (shift - 32);
      if (byte < 128) {
        if (shift === 63 && bits > 1) this.fail("a number has more than 64 bits");
        return [low, high];
      }
    }
    return this.fail("a number has more than 10 bytes");
  }

  /** A signed 64-bit number. */
  int(): number {
    const [low, high] = this.halves();
    return (high >= 2 ** 31 ? high - 2 ** 32 : high) * 2 ** 32 + low;
  }

  tag(): readonly [field: number, wire: number] {
    const [low, high] = this.halves();
    const field = Math.floor(low / 8);
    if (high !== 0 || field === 0) this.fail("a field has no number");
    return [field, low % 8];
  }

  /** The next `length` bytes, as a view. */
  take(length: number): Uint8Array {
    if (length < 0 || length > this.bytes.length - this.at)
      this.fail("a field is longer than what is left", `${length} bytes at ${this.at} of ${this.bytes.length}`);
    const start = this.at;
    this.at += length;
    return this.bytes.subarray(start, this.at);
  }

  run(): Uint8Array {
    return this.take(this.int());
  }

  text(): string {
    const run = this.run();
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(run);
    } catch {
      return this.fail("a text is not UTF-8");
    }
  }

  number(wire: number): number {
    if (wire === VARINT) return this.int();
    const size = wire === FIXED32 ? 4 : 8;
    const at = this.take(size).byteOffset - this.bytes.byteOffset;
    return wire === FIXED32 ? this.view.getFloat32(at, true) : this.view.getFloat64(at, true);
  }

  skip(wire: number): void {
    if (wire === VARINT) this.halves();
    else if (wire === FIXED64) this.take(8);
    else if (wire === LENGTH) this.run();
    else if (wire === FIXED32) this.take(4);
    else this.fail(wire === 3 || wire === 4 ? "holds a group, which ONNX does not have" : "a field is of no known kind", `kind ${wire}`);
  }
}

/** The elements of a list that came packed into one field. */
function unpack(run: Uint8Array, kind: Kind, where: string, into: number[]): void {
  const packed = new Reader(run, where);
  while (packed.at < run.length) {
    if (kind === "longs") into.push(...packed.halves());
    else into.push(packed.number(wireOf[kind]));
  }
}

/**
 * Reads one message. Lists may be packed, spread over several fields, or both.
 * @throws DataError for what is no protocol buffer, for a known field of another kind, and for one that may stand once twice
 */
export function read<const S extends Schema>(schema: S, bytes: Uint8Array, where: string): Message<S> {
  const reader = new Reader(bytes, where);
  const known = new Map<number, readonly [name: string, kind: Kind]>();
  const result: Record<string, unknown> = {};
  for (const [name, [field, kind]] of Object.entries(schema)) {
    known.set(field, [name, kind]);
    result[name] = kind.endsWith("s") && kind !== "bytes" ? [] : undefined;
  }
  while (reader.at < bytes.length) {
    const [field, wire] = reader.tag();
    const entry = known.get(field);
    if (!entry) {
      reader.skip(wire);
      continue;
    }
    const [name, kind] = entry;
    const list = result[name] as unknown[] | undefined;
    const element = wireOf[kind];
    const isPacked = Array.isArray(list) && wire === LENGTH && element !== LENGTH;
    if (!isPacked && wire !== element) reader.fail(`${name} is stored in the wrong way`, `kind ${wire}, expected ${element}`);
    if (isPacked) unpack(reader.run(), kind, where, list as number[]);
    else if (kind === "longs") list!.push(...reader.halves());
    else {
      const value = kind === "text" || kind === "texts" ? reader.text() : element === LENGTH ? reader.run() : reader.number(element);
      if (Array.isArray(list)) list.push(value);
      else if (list !== undefined) reader.fail(`${name} is given twice`);
      else result[name] = value;
    }
  }
  return result as Message<S>;
}
