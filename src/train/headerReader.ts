/** Reads JSON that somebody else may have written: each value is checked before it is used, and no name becomes a property. */
import type { Dot4Error } from "../errors.ts";

export class HeaderReader {
  readonly #value: object;
  readonly #path: string;
  readonly #fail: (problem: string) => Dot4Error;

  private constructor(value: unknown, path: string, fail: (problem: string) => Dot4Error) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw fail(`${path || "the header"} is no object`);
    this.#value = value;
    this.#path = path;
    this.#fail = fail;
  }

  /** @throws what `fail` makes of a problem; so do all the others */
  static parse(bytes: Uint8Array, fail: (problem: string) => Dot4Error): HeaderReader {
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch {
      throw fail("the header is not JSON");
    }
    return new HeaderReader(value, "", fail);
  }

  #get<T>(key: string, kind: string, is: (v: unknown) => v is T): T {
    const v: unknown = Object.hasOwn(this.#value, key) ? this.#value[key as keyof object] : undefined;
    if (!is(v)) throw this.#fail(`${this.#path}${key} is not ${kind}`);
    return v;
  }

  whole(key: string): number {
    return this.#get(key, "a whole number", isWhole);
  }

  /** undefined where it is missing. */
  wholeOrNone(key: string): number | undefined {
    return this.#get(key, "a whole number", (v): v is number | undefined => v === undefined || isWhole(v));
  }

  wholes(key: string): readonly number[] {
    return this.#get(key, "a list of whole numbers", listOf(isWhole));
  }

  finite(key: string): number {
    // 1e999 is a number in JSON, and infinite when read.
    return this.#get(key, "a finite number", (v): v is number => Number.isFinite(v));
  }

  flag(key: string): boolean {
    return this.#get(key, "true or false", (v) => typeof v === "boolean");
  }

  text(key: string): string {
    return this.#get(key, "a text", isText);
  }

  oneOf<T extends string>(key: string, values: readonly T[]): T {
    return this.#get(key, `one of ${values.join(", ")}`, (v): v is T => values.some((known) => known === v));
  }

  /** A table of texts, which JSON holds as a list of pairs: names may be anything. */
  texts(key: string): ReadonlyMap<string, string> {
    return new Map(this.#get(key, "a list of pairs of texts", listOf(isPair)));
  }

  child(key: string): HeaderReader {
    return new HeaderReader(
      this.#get(key, "there", (v): v is unknown => v !== undefined),
      `${this.#path}${key}.`,
      this.#fail,
    );
  }

  /** undefined for null. */
  optional(key: string): HeaderReader | undefined {
    return this.#get(key, "there", (v): v is unknown => v !== undefined) === null ? undefined : this.child(key);
  }

  children(key: string): readonly HeaderReader[] {
    const isAny = (v: unknown): v is unknown => v !== undefined;
    return this.#get(key, "a list", listOf(isAny)).map((v, i) => new HeaderReader(v, `${this.#path}${key}[${i}].`, this.#fail));
  }
}

const isWhole = (v: unknown): v is number => Number.isSafeInteger(v) && (v as number) >= 0;
const isText = (v: unknown): v is string => typeof v === "string";
const isPair = (v: unknown): v is [string, string] => Array.isArray(v) && v.length === 2 && v.every(isText);
const listOf =
  <T>(is: (v: unknown) => v is T) =>
  (v: unknown): v is T[] =>
    Array.isArray(v) && v.every(is);
