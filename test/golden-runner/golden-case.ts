/**
 * One golden case, read strictly: an op's adapter names every attribute, input and output that it understands, and
 * whatever is left over refuses the case. So data with an attribute that nobody has thought of is never taken for
 * data without it.
 */
import { DataError } from "../../src/errors.ts";
import type { DType, Tensor } from "../../src/tensor/index.ts";
import { parseTolerance, type Tolerance } from "./tolerance.ts";
import { REMEDY } from "./remedy.ts";

/** The case asks for something that the project does not offer (yet). Not a failure; listed with its reason. */
export class Refused extends Error {}

export interface GoldenCase {
  readonly topic: string;
  readonly name: string;
  readonly tag: string;
  readonly op: string;
  readonly attrs: ReadonlyMap<string, unknown>;
  /** Role -> tensor name. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
  readonly tolerance: ReadonlyMap<string, Tolerance>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

export const caseWhere = (c: GoldenCase): string => `${c.topic} ${c.name} (${c.op}, ${c.tag})`;

const isObject = (v: unknown): v is Readonly<Record<string, unknown>> => typeof v === "object" && v !== null && !Array.isArray(v);

/** @throws DataError when the entry is not a case as test/golden/README.md describes it. */
export function parseCase(topic: string, index: number, entry: unknown, tensors: ReadonlyMap<string, Tensor>): GoldenCase {
  const fail = (problem: string): never => {
    throw new DataError({ code: "bad-case", where: `${topic}.json cases[${index}]`, problem, remedy: REMEDY });
  };
  if (!isObject(entry)) return fail("is not an object");
  const text = (key: string): string => {
    const v = entry[key];
    return typeof v === "string" ? v : fail(`has no text "${key}"`);
  };
  const table = (key: string): Map<string, unknown> => {
    const v = entry[key];
    return isObject(v) ? new Map(Object.entries(v)) : fail(`has no object "${key}"`);
  };
  const roles = (key: string): Map<string, string> => {
    const t = table(key);
    for (const [role, v] of t) if (typeof v !== "string") fail(`${key}.${role} does not name a tensor`);
    return t as Map<string, string>;
  };
  const outputs = roles("outputs");
  const tolerance = new Map<string, Tolerance>();
  for (const [role, v] of table("tolerance")) tolerance.set(role, parseTolerance(v, `${topic}.json cases[${index}].tolerance.${role}`));
  for (const role of outputs.keys()) if (!tolerance.has(role)) fail(`has no tolerance for output ${role}`);
  return {
    topic,
    name: text("name"),
    tag: text("tag"),
    op: text("op"),
    attrs: table("attrs"),
    inputs: roles("inputs"),
    outputs,
    tolerance,
    tensors,
  };
}

/** @throws DataError when the tensor file lacks a tensor that the case names. */
export function tensorOf(c: GoldenCase, name: string): Tensor {
  const t = c.tensors.get(name);
  if (!t)
    throw new DataError({
      code: "missing-tensor",
      where: caseWhere(c),
      problem: `names a tensor that ${c.topic}.safetensors lacks`,
      got: name,
      remedy: REMEDY,
    });
  return t;
}

/** Reads one attribute: returns its value, or throws Refused when the project does not offer that value. */
export interface Parser<T> {
  readonly parse: (value: unknown, name: string) => T;
  /** Present: the attribute may be left out. */
  readonly absent?: { readonly value: T };
}

const typed = <T>(kind: string, is: (v: unknown) => v is T): Parser<T> => ({
  parse: (v, name) => {
    if (!is(v)) throw new Refused(`attribute ${name} is not ${kind}`);
    return v;
  },
});
const isNumber = (v: unknown): v is number => typeof v === "number" && Number.isFinite(v);
const isPair = (v: unknown): v is readonly [number, number] => Array.isArray(v) && v.length === 2 && v.every(isNumber);
const isQuad = (v: unknown): v is readonly [number, number, number, number] => Array.isArray(v) && v.length === 4 && v.every(isNumber);

export const number = typed("a number", isNumber);
export const numbers = typed("a list of numbers", (v): v is readonly number[] => Array.isArray(v) && v.every(isNumber));
export const boolean = typed("true or false", (v): v is boolean => typeof v === "boolean");
export const pair = typed("a pair of numbers", isPair);
export const quad = typed("a list of four numbers", isQuad);

/** One of the values that are offered; `what` names the feature in the refusal: "dilation [2,2]". */
export const oneOf = <const T extends readonly (string | number | boolean)[]>(...values: T): Parser<T[number]> => ({
  parse: (v, name) => {
    if (!values.includes(v as T[number])) throw new Refused(`${name} ${JSON.stringify(v)} is not offered`);
    return v as T[number];
  },
});

/** Only this value, compared as JSON: `only([1, 1])` for a dilation. */
export const only = (value: unknown): Parser<void> => ({
  parse: (v, name) => {
    if (JSON.stringify(v) !== JSON.stringify(value)) throw new Refused(`${name} ${JSON.stringify(v)} is not offered`);
  },
});

export const optional = <T>(parser: Parser<T>, value: T): Parser<T> => ({ ...parser, absent: { value } });

/** null is a value of its own: no axis, no momentum. */
export const nullable = <T>(parser: Parser<T>): Parser<T | null> => ({
  ...parser,
  parse: (v, name) => (v === null ? null : parser.parse(v, name)),
});

/** An attribute that this op must not have: lets ops with and without it share a spec. */
export const absent: Parser<undefined> = {
  parse: (_, name) => {
    throw new Refused(`attribute ${name} is not known`);
  },
  absent: { value: undefined },
};

/** An attribute that describes the case without changing what is computed. */
export const information: Parser<void> = { parse: () => undefined, absent: { value: undefined } };

export type Parsers = Readonly<Record<string, Parser<unknown>>>;
export type Parsed<S extends Parsers> = { readonly [K in keyof S]: S[K] extends Parser<infer T> ? T : never };

/** @throws Refused for attributes that `spec` does not name or values that it refuses; DataError for missing ones. */
export function readAttrs<const S extends Parsers>(c: GoldenCase, spec: S): Parsed<S> {
  for (const name of c.attrs.keys()) if (!Object.hasOwn(spec, name)) throw new Refused(`attribute ${name} is not known`);
  const parsed: Record<string, unknown> = {};
  for (const [name, parser] of Object.entries(spec)) {
    if (c.attrs.has(name)) parsed[name] = parser.parse(c.attrs.get(name), name);
    else if (parser.absent) parsed[name] = parser.absent.value;
    else throw new DataError({ code: "bad-case", where: caseWhere(c), problem: `has no attribute ${name}`, remedy: REMEDY });
  }
  return parsed as Parsed<S>;
}

type InputSpec = Readonly<Record<string, DType>>;
type Inputs<S extends InputSpec> = {
  readonly [K in keyof S as K extends `${string}?` | `${string}#${number}` ? never : K]: Tensor<S[K]>;
} & {
  readonly [K in keyof S as K extends `${infer R}?` ? R : never]?: Tensor<S[K]>;
} & {
  readonly [K in keyof S as K extends `${infer R}#${number}` ? R : never]: readonly Tensor<S[K]>[];
};

/**
 * The inputs by role. A trailing `?` in the spec marks a role that may be absent; `g#1` reads the numbered roles g1, g2,
 * .. for as long as there are any, at least one.
 * @throws Refused for roles that `spec` does not name and other element types; DataError for missing roles.
 */
export function readInputs<const S extends InputSpec>(c: GoldenCase, spec: S): Inputs<S> {
  const known = new Set<string>();
  const take = (role: string, dtype: DType): Tensor => {
    known.add(role);
    const t = tensorOf(c, c.inputs.get(role)!);
    if (t.dtype !== dtype) throw new Refused(`${role} as ${t.dtype} is not offered`);
    return t;
  };
  const missing = (role: string): never => {
    throw new DataError({ code: "bad-case", where: caseWhere(c), problem: `has no input ${role}`, remedy: REMEDY });
  };
  const inputs: Record<string, Tensor | readonly Tensor[]> = {};
  for (const [key, dtype] of Object.entries(spec)) {
    const [stem, first] = key.split("#") as [string, string?];
    if (first !== undefined) {
      const series: Tensor[] = [];
      for (let i = Number(first); c.inputs.has(`${stem}${i}`); i++) series.push(take(`${stem}${i}`, dtype));
      inputs[stem] = series.length > 0 ? series : missing(`${stem}${first}`);
      continue;
    }
    const role = key.replace("?", "");
    if (c.inputs.has(role)) inputs[role] = take(role, dtype);
    else if (!key.endsWith("?")) missing(role);
  }
  for (const role of c.inputs.keys()) if (!known.has(role)) throw new Refused(`input ${role} is not known`);
  return inputs as Inputs<S>;
}
