/** Turns operands into values of a graph under construction, in the order of axes that an operator asks for. */
import { GraphError } from "../errors.ts";
import type { GraphBuilder } from "../graph/index.ts";
import type { Value } from "../ops/op.ts";
import { reshape } from "../ops/reshape.ts";
import { transpose } from "../ops/transpose.ts";
import { zeros, type Tensor } from "../tensor/index.ts";
import type { Budget } from "./budget.ts";
import { storedShape } from "./elements.ts";
import { quote } from "./names.ts";
import { between, inOrder, isIdentity, isReshaped, keepsOrder, permuted, reshapeTo, type Operand } from "./operand.ts";
import { toTensor } from "./tensor.ts";

/** A permutation of ONNX's axes, of a value that may have an axis of words behind them. */
const withWords = (axes: readonly number[], rank: number): readonly number[] => (rank > axes.length ? [...axes, axes.length] : axes);

export class Importer {
  readonly b: GraphBuilder;
  readonly budget: Budget;
  /** What has been emitted for an operand, by order of axes: nothing is transposed twice. */
  readonly #arranged = new Map<Operand, Map<string, Value>>();
  /** Parameters, which keep one order: other readers get a transpose of the same state. */
  readonly #parameters = new Map<Operand, { readonly value: Value; readonly axes: readonly number[] }>();

  constructor(b: GraphBuilder, budget: Budget) {
    this.b = b;
    this.budget = budget;
  }

  /** The operand with its axes in this order, ONNX's where none is given. */
  value(x: Operand, axes: readonly number[] = inOrder(x.shape.length)): Value {
    return this.#cached(x, axes, () => {
      const name = axes.length > 0 && !isIdentity(axes) ? `${x.name}.transposed` : x.name;
      if (x.known) return this.b.constant(this.contents(x, axes), name);
      const made = x.made!;
      if (!isReshaped(x)) return this.#transpose(made.value, made.axes, axes, name);
      // reshape's 0 keeps an axis: of a tensor without elements nothing but its shape is needed.
      if (x.shape.some((d, i) => d === 0 && made.from[i] !== 0)) return this.b.constant(this.#nothing(x, axes), name);
      const flat = keepsOrder(made.from, made.axes) ? made.value : this.#transpose(made.value, made.axes, inOrder(made.from.length), name);
      const shaped = this.b.emit(reshape, { x: flat }, { shape: reshapeTo(storedShape(x.type, x.shape)) }, `${x.name}.reshaped`).y!;
      return this.#transpose(shaped, inOrder(x.shape.length), axes, name);
    });
  }

  /** The operand as a state that training may change, where the file has it as f32; otherwise as `value` does. */
  parameter(x: Operand, axes: readonly number[] = inOrder(x.shape.length), role: "parameter" | "buffer" = "parameter"): Value {
    if (!x.isInitializer || x.known?.type !== "float") return this.value(x, axes);
    const there = this.#parameters.get(x);
    if (there) return this.#cached(x, axes, () => this.#transpose(there.value, there.axes, axes, `${x.name}.transposed`));
    const value = this.b.state(this.b.unique(x.name), role, this.contents(x, axes));
    this.#parameters.set(x, { value, axes });
    this.#cached(x, axes, () => value);
    return value;
  }

  /** Contents of a known operand with its axes in this order. */
  contents(x: Operand, axes: readonly number[] = inOrder(x.shape.length)): Tensor {
    const t = toTensor(x.known!, quote(x.name));
    if (isIdentity(axes)) return t;
    this.budget.take(t.data.length, quote(x.name));
    return transpose.reference({ x: t }, { permutation: withWords(axes, t.shape.length) }).y!;
  }

  /** @throws GraphError where the shape is symbolic */
  #nothing(x: Operand, axes: readonly number[]): Tensor {
    const shape = storedShape(x.type, permuted(x.shape, axes));
    if (!shape.every((d) => typeof d === "number"))
      throw new GraphError({ code: "unsupported", where: quote(x.name), problem: "a symbolic axis beside one of size 0 is not supported" });
    return zeros(this.b.type(x.made!.value).dtype, shape);
  }

  #cached(x: Operand, axes: readonly number[], make: () => Value): Value {
    const key = axes.join();
    const known = this.#arranged.get(x) ?? new Map<string, Value>();
    this.#arranged.set(x, known);
    const value = known.get(key) ?? make();
    known.set(key, value);
    return value;
  }

  #transpose(value: Value, from: readonly number[], to: readonly number[], name: string): Value {
    const permutation = between(from, to);
    if (isIdentity(permutation)) return value;
    if (permutation.length !== from.length || permutation.includes(-1))
      throw new GraphError({
        code: "bad-layout",
        where: quote(name),
        problem: "axes do not fit the value",
        got: `${to.join()} of ${from.join()}`,
      });
    return this.b.emit(transpose, { x: value }, { permutation: withWords(permutation, this.b.type(value).shape.length) }, name).y!;
  }

  /** The shape of a value in ONNX's order. */
  shapeOf(value: Value, axes: readonly number[]): readonly (number | string)[] {
    return permuted(this.b.type(value).shape, between(axes, inOrder(axes.length)));
  }
}
