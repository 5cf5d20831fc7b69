/** Attributes of operators: what a table of them says, and how it is read from a node. */
import { GraphError } from "../errors.ts";
import type { Attribute, OnnxNode } from "./model.ts";
import { quote } from "./names.ts";
import type { OnnxTensor } from "./tensor.ts";

/** One attribute: its kind, and its value where a node does not give it. */
export interface Spec<T = unknown> {
  readonly kind: Attribute["kind"];
  readonly fallback: T;
}
export type Specs = Readonly<Record<string, Spec>>;
export type Attributes<S extends Specs> = { readonly [K in keyof S]: S[K] extends Spec<infer T> ? T : never };

/** `int()` may be absent, `int(1)` is 1 then. */
interface SpecOf<T> {
  (): Spec<T | undefined>;
  (fallback: T): Spec<T>;
}
const spec = <T>(kind: Attribute["kind"]): SpecOf<T> => ((fallback?: T) => ({ kind, fallback })) as SpecOf<T>;

export const int = spec<number>("int");
export const ints = spec<readonly number[]>("ints");
export const float = spec<number>("float");
export const floats = spec<readonly number[]>("floats");
export const text = spec<string>("text");
export const tensorOf = spec<OnnxTensor>("tensor");

/** What is wrong with the attributes that a node has, one phrase each. */
export const unknownAttributes = (node: OnnxNode, specs: Specs): readonly string[] =>
  [...node.attributes.keys()].filter((name) => !Object.hasOwn(specs, name)).map((name) => `attribute ${quote(name)}`);

/** @throws GraphError for an attribute of another kind */
export function readAttributes<S extends Specs>(node: OnnxNode, specs: S): Attributes<S> {
  const values = Object.entries(specs).map(([name, { kind, fallback }]) => {
    const given = node.attributes.get(name);
    if (given && given.kind !== kind)
      throw new GraphError({
        code: "bad-attribute",
        where: node.where,
        problem: `attribute ${name} is of another kind`,
        expected: kind,
        got: given.kind === "other" ? given.value : given.kind,
      });
    return [name, given ? given.value : fallback] as const;
  });
  return Object.fromEntries(values) as Attributes<S>;
}
