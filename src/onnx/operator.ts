/** The contract of an ONNX operator: one plain object, in the list of operators/index.ts. */
import type { Specs } from "./attributes.ts";
import type { Context } from "./context.ts";

export interface Operator<S extends Specs = Specs> {
  readonly type: string;
  /** "" (ONNX's own) where absent. */
  readonly domain?: string;
  /** The first version of the operator set whose nodes this object reads; the latest that is not too late is taken. */
  readonly since?: number;
  /** Fewest and most inputs. */
  readonly inputs: readonly [least: number, most: number];
  /** Outputs that can be made, 1 where absent. */
  readonly outputs?: number;
  readonly attributes: S;
  /** Takes double and uint64, which lie in two words each; where absent, an input of them is refused. */
  readonly wide?: true;
  /** Emits nodes and names what they make by `c.output`, or throws a typed error. */
  emit(c: Context<S>): void;
}

/** Infers the type of attributes from the table. */
export const operator = <const S extends Specs>(o: Operator<S>): Operator => o as unknown as Operator;
