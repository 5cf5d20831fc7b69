/** What the topics' adapters share: how a case's op is run on a backend, forward and backward. */
import type { Backend, Outputs } from "../../src/backend/backend.ts";
import { GraphBuilder } from "../../src/graph/index.ts";
import { ops, type Attrs, type OpDef, type Value, type Values } from "../../src/ops/index.ts";
import { tensor, type Tensor } from "../../src/tensor/index.ts";
import { Refused, type GoldenCase } from "./golden-case.ts";
import type { Aids } from "./tolerance.ts";

/** What an adapter makes of a case. Every output role of the case stands in outputs, refused or aidRoles. */
export interface Results {
  /** Role -> what the project computes, in the golden data's layout. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Role -> why the project offers nothing to compare with it. */
  readonly refused?: Readonly<Record<string, string>>;
  /** What comparing takes besides: for every output, and for single ones. */
  readonly aids?: Aids;
  readonly aidsOf?: Readonly<Record<string, Aids>>;
  /** Roles that only serve the comparison of others. */
  readonly aidRoles?: readonly string[];
}

export type Adapter = (c: GoldenCase, backend: Backend) => Promise<Results>;
/** By the golden data's op name. */
export type Adapters = ReadonlyMap<string, Adapter>;

/** An op of the project by name. @throws Refused when the project has no such op. */
export function opNamed(name: string): OpDef {
  const op = (ops as Readonly<Record<string, OpDef>>)[name];
  if (!op) throw new Refused(`there is no op ${name}`);
  return op;
}

/** Builds a graph over `inputs`, runs it once, returns what `build` names. */
export async function evaluate(
  backend: Backend,
  inputs: Readonly<Record<string, Tensor>>,
  build: (b: GraphBuilder) => Values,
): Promise<Outputs> {
  const b = new GraphBuilder();
  for (const [name, t] of Object.entries(inputs)) b.input(name, { dtype: t.dtype, shape: t.shape });
  for (const [name, value] of Object.entries(build(b))) b.output(name, value);
  using run = await backend.compile(b.build());
  return await run(inputs);
}

/** Emits a node of the op called `name` and returns its outputs. */
export function emit(b: GraphBuilder, name: string, inputs: Readonly<Record<string, Value | undefined>>, attrs: Attrs = {}): Values {
  return b.emit(opNamed(name), inputs, attrs);
}

/** Emits the op and its gradient; `upstream` names the gradients of its outputs. */
export function emitWithGradient(
  b: GraphBuilder,
  name: string,
  inputs: Values,
  attrs: Attrs,
  upstream: Values,
): { readonly outputs: Values; readonly gradients: Readonly<Record<string, Value>> } {
  const op = opNamed(name);
  const outputs = b.emit(op, inputs, attrs);
  if (!op.grad) throw new Refused(`${name} has no gradient`);
  const all = op.grad(b, { name, inputs, outputs, attrs: { ...op.defaults, ...attrs } as Attrs }, upstream);
  const gradients: Record<string, Value> = {};
  for (const [input, value] of Object.entries(all)) if (value !== null) gradients[input] = value;
  return { outputs, gradients };
}

export const f32s = (...values: readonly number[]): Tensor<"f32"> => tensor("f32", [values.length], [...values]);
export const i32s = (...values: readonly number[]): Tensor<"i32"> => tensor("i32", [values.length], [...values]);
/** The same values under another shape. */
export const reshaped = <T extends Tensor>(t: T, shape: readonly number[]): T => tensor(t.dtype, shape, t.data) as T;
