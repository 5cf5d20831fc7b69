/** What an operator's `emit` sees of its node: operands, attributes, and the graph that it writes into. */
import { DTypeError, GraphError, ShapeError, type KnownCode } from "../errors.ts";
import type { Attrs, OpDef, Value, Values } from "../ops/op.ts";
import { formatShape, sameShape, type Shape, type Tensor, type TensorType } from "../tensor/index.ts";
import type { Attributes, Specs } from "./attributes.ts";
import { dtypeOf, wideOf, type ElementType } from "./elements.ts";
import type { Importer } from "./importer.ts";
import type { OnnxNode } from "./model.ts";
import { quote } from "./names.ts";
import { channelsLast, inOrder, isReshaped, type Made, type Operand } from "./operand.ts";
import { countElements, fromTensor, numbersOf, type OnnxTensor } from "./tensor.ts";

/** Entries of tables that are made while a model is loaded. */
const MOST_ENTRIES = 2 ** 20;

/** How an output lies in memory; ONNX's order where `axes` is absent. */
export interface OutputForm {
  /** Element type as ONNX has it; that of input 0 where absent. */
  readonly type?: ElementType;
  readonly axes?: readonly number[];
  /** The shape in ONNX's order, where it is a reshape of what was emitted. */
  readonly shape?: Shape;
  /** The same number as i32 [1], where the output is a zero point. */
  readonly zeroPoint?: Value;
}

export class Context<S extends Specs = Specs> {
  readonly node: OnnxNode;
  /** `Conv "conv1"` */
  readonly where: string;
  /** Version of the operator set that the node's operator is of. */
  readonly opset: number;
  readonly attributes: Attributes<S>;
  readonly outputs = new Map<string, Operand>();
  readonly #importer: Importer;
  readonly #operands: readonly (Operand | undefined)[];

  constructor(node: OnnxNode, opset: number, attributes: Attributes<S>, operands: readonly (Operand | undefined)[], importer: Importer) {
    this.node = node;
    this.where = node.where;
    this.opset = opset;
    this.attributes = attributes;
    this.#operands = operands;
    this.#importer = importer;
  }

  /** How many inputs the node names, left out ones counted. */
  get count(): number {
    return this.#operands.length;
  }

  optional(i: number): Operand | undefined {
    return this.#operands[i];
  }

  /** @throws GraphError where the node leaves it out */
  input(i: number): Operand {
    return this.#operands[i] ?? this.fail("missing-input", `input ${i} is not given`);
  }

  /** All inputs, of an operator that takes any number of them. */
  get inputs(): readonly Operand[] {
    return this.#operands.map((_, i) => this.input(i));
  }

  fail(code: KnownCode, problem: string, expected?: string, got?: string, remedy?: string): never {
    throw new GraphError({ code, where: this.where, problem, expected, got, remedy });
  }

  /** For what the operator can do, but this library does not. */
  unsupported(what: string, expected?: string): never {
    throw new GraphError({ code: "unsupported", where: this.where, problem: `${what} is not supported`, expected });
  }

  /** @throws DTypeError unless the operand is of one of these types */
  expectType(x: Operand, ...types: readonly ElementType[]): void {
    if (!types.includes(x.type))
      throw new DTypeError({
        code: "unsupported-dtype",
        where: this.where,
        problem: `${quote(x.name)} has an element type that is not supported here`,
        expected: types.join(" or "),
        got: x.type,
      });
  }

  /** @throws ShapeError unless the operand has so many axes */
  expectRank(x: Operand, least: number, most = least): void {
    const rank = x.shape.length;
    if (rank < least || rank > most)
      throw new ShapeError({
        code: "rank-mismatch",
        where: this.where,
        problem: `${quote(x.name)} has a number of axes that is not supported here`,
        expected: least === most ? `${least}` : `${least} to ${most}`,
        got: formatShape(x.shape),
      });
  }

  /** @throws ShapeError where groups do not divide the channels of x and of a weight [oc, ic / groups, ..] */
  expectGroups(groups: number, channels: number | string, weight: Shape): void {
    if (!Number.isSafeInteger(groups) || groups < 1 || Number(weight[0]) % groups !== 0 || channels !== Number(weight[1]) * groups)
      throw new ShapeError({
        code: "bad-attribute",
        where: this.where,
        problem: "groups, channels of x and weight do not fit together",
        expected: "weight [oc, channels / group, ..] with oc a multiple of group",
        got: `group ${groups}, ${channels} channels, weight ${formatShape(weight)}`,
      });
  }

  /**
   * For tables with so many entries that are made while a model is loaded: a few bytes must not ask for gigabytes.
   * @throws ShapeError
   */
  expectTable(entries: number): void {
    if (!(entries <= MOST_ENTRIES))
      throw new ShapeError({
        code: "too-large",
        where: this.where,
        problem: "asks for a table that is too large",
        expected: `up to ${MOST_ENTRIES} entries`,
        got: String(entries),
      });
  }

  /** The axis, counted from the end where negative. @throws ShapeError */
  axis(value: number, rank: number): number {
    if (!Number.isSafeInteger(value) || value < -rank || value >= rank)
      throw new ShapeError({
        code: "bad-attribute",
        where: this.where,
        problem: "an axis is none",
        expected: `-${rank} to ${rank - 1}`,
        got: String(value),
      });
    return value < 0 ? value + rank : value;
  }

  /** Contents of an input that decides what is emitted. @throws GraphError where they are not known */
  known(i: number): OnnxTensor {
    const x = this.input(i);
    return (
      x.known ??
      this.fail(
        "unknown-contents",
        `${quote(x.name)} has to be known when the model is loaded`,
        "an initializer, or what is computed from initializers alone",
        JSON.stringify(x.name),
        "Give it in `known` of load's options, or fold the model's constants",
      )
    );
  }

  /** The same as numbers. */
  knownNumbers(i: number): readonly number[] {
    return numbersOf(this.known(i));
  }

  /** Contents of a known operand as a tensor, axes in this order. */
  contents(x: Operand, axes?: readonly number[]): Tensor {
    return this.#importer.contents(x, axes);
  }

  /** The operand in the graph, with its axes in this order: ONNX's where none is given. */
  value(x: Operand, axes?: readonly number[]): Value {
    return this.#importer.value(x, axes);
  }

  /** The operand however its axes lie in memory: ONNX's axis a is axis axes.indexOf(a) of the value. */
  lying(x: Operand): Made {
    return x.made && !isReshaped(x) ? x.made : { value: this.value(x), axes: inOrder(x.shape.length), from: x.shape };
  }

  /** The same as an image [n, h, w, c] (or [n, w, c]). */
  image(x: Operand): Value {
    return this.#importer.value(x, channelsLast(x.shape.length));
  }

  /** The same as a state that training may change, where the operand is an initializer of f32. */
  parameter(x: Operand, axes?: readonly number[], role?: "parameter" | "buffer"): Value {
    return this.#importer.parameter(x, axes, role);
  }

  typeOf(value: Value): TensorType {
    return this.#importer.b.type(value);
  }

  constant(t: Tensor, name: string): Value {
    this.#importer.budget.take(t.data.length, this.where);
    return this.#importer.b.constant(t, `${this.name}.${name}`);
  }

  /** What nodes are called: as output 0. */
  get name(): string {
    return this.node.outputs[0] || this.node.type;
  }

  /** Emits a node; its name ends in `.suffix` where one is given. */
  emit<A extends Attrs>(op: OpDef<A>, inputs: Readonly<Record<string, Value | undefined>>, attrs?: Partial<A>, suffix?: string): Values {
    return this.#importer.b.emit(op, inputs, attrs, suffix === undefined ? this.name : `${this.name}.${suffix}`);
  }

  /** Names what output i is. */
  output(i: number, value: Value, { type = this.input(0).type, axes, shape, zeroPoint }: OutputForm = {}): void {
    const name = this.node.outputs[i];
    if (name === undefined || name === "") return;
    const t = this.#importer.b.type(value);
    const order = axes ?? inOrder(t.shape.length - (wideOf(type) ? 1 : 0));
    if (dtypeOf(type) !== t.dtype) this.fail("dtype-mismatch", `output ${i} is emitted as ${t.dtype}`, type);
    const from = this.#importer.shapeOf(value, order);
    countElements(
      t.shape.filter((d) => typeof d === "number"),
      this.where,
    );
    this.outputs.set(name, {
      name,
      type,
      shape: shape && !sameShape(shape, from) ? shape : from,
      made: { value, axes: order, from },
      zeroPoint,
    });
  }

  /** Output i is an operand that is there already. */
  alias(i: number, x: Operand): void {
    const name = this.node.outputs[i];
    if (name !== undefined && name !== "") this.outputs.set(name, { ...x, name, isInitializer: false });
  }

  /** Output i is known, in ONNX's order. */
  knownTensor(i: number, type: ElementType, t: Tensor): void {
    this.knownOutput(i, fromTensor(type, t));
  }

  /** Output i is known. */
  knownOutput(i: number, known: OnnxTensor): void {
    const name = this.node.outputs[i];
    if (name !== undefined && name !== "") this.outputs.set(name, { name, type: known.type, shape: known.shape, known });
  }

  /**
   * Output 0 of an op that treats all elements alike: `make` gets input 0 however it lies in memory, and what it makes lies in
   * the same way.
   */
  elementwise(make: (x: Value) => Value, type?: ElementType): void {
    const x = this.input(0);
    const made = x.made ?? { value: this.value(x), axes: inOrder(x.shape.length) };
    this.output(0, make(made.value), { type, axes: made.axes, shape: x.shape });
  }
}
