/** onnx.load: an ONNX file as a graph. Inputs and outputs keep ONNX's names and shapes; inside, images are NHWC. */
import { DataError, DTypeError, GraphError, ShapeError, UsageError, type KnownCode } from "../errors.ts";
import { GraphBuilder, prune, type Graph } from "../graph/index.ts";
import { wideShape } from "../ops/wide.ts";
import { allocated, formatShape, type Dim, type Shape, type Tensor } from "../tensor/index.ts";
import { readAttributes, type Attributes, type Specs } from "./attributes.ts";
import { Budget } from "./budget.ts";
import { checkGraph } from "./check.ts";
import { Context } from "./context.ts";
import { dtypeOf, storedShape, wideOf } from "./elements.ts";
import { Folding } from "./fold.ts";
import { Importer } from "./importer.ts";
import { readModel, type ValueInfo } from "./model.ts";
import { listed, quote } from "./names.ts";
import { inOrder, type Operand } from "./operand.ts";
import { joinPairs } from "./pairs.ts";
import { findOperators } from "./support.ts";
import { countElements, fromTensor } from "./tensor.ts";

export interface LoadOptions {
  /** Contents of inputs that are the same in every run, by name: they become constants, and shapes may depend on them. int64 is i32; double and uint64 are words as of other inputs. */
  readonly known?: Readonly<Record<string, Tensor>>;
  /** Sizes of symbolic axes, by the model's own names for them. Leading axes without one stay symbolic. */
  readonly sizes?: Readonly<Record<string, number>>;
  /**
   * Operators between pairs of QuantizeLinear and DequantizeLinear are computed in integers, as ONNX Runtime's optimizations do
   * it: faster, and apart from near ties the same. Without it files are taken as they are written.
   */
  readonly integers?: boolean;
  /** Names of values that are given back in place of the model's outputs. */
  readonly outputs?: readonly string[];
}

/**
 * Reads a model. Weights that the file holds in f32 become parameters, which can be trained.
 * @throws DataError for what is no ONNX file or holds impossible tensors; GraphError for what does not fit together and for
 * operators that are not supported, all in one; ShapeError, DTypeError and QuantizationError of single nodes
 */
export function load(bytes: Uint8Array | ArrayBuffer, options: LoadOptions = {}): Graph {
  const file = readModel(plain(bytes));
  checkGraph(file.graph);
  const model = options.integers ? joinPairs(file) : file;
  const supported = findOperators(model);
  const b = new GraphBuilder();
  const budget = new Budget(bytes.byteLength);
  const importer = new Importer(b, budget);
  const operands = new Map<string, Operand>();
  for (const [name, known] of model.graph.initializers)
    operands.set(name, { name, type: known.type, shape: known.shape, known, isInitializer: true });
  const given = new Map(Object.entries(options.known ?? {}));
  const names = new Map(Object.entries(options.sizes ?? {}));
  for (const input of model.graph.inputs) operands.set(input.name, inputOperand(b, input, given, names));
  if (given.size > 0) fail("unknown-input", `known: ${listed([...given.keys()].map(quote))}`, "the model has no such input");

  const folding = new Folding(budget);
  for (const { node, operator, opset } of supported) {
    const inputs = node.inputs.map((name) => (name === "" ? undefined : operands.get(name)!));
    if (!operator.wide) expectNarrow(node.where, inputs);
    const attributes: Attributes<Specs> = readAttributes(node, operator.attributes);
    const context = (into: Importer): Context => new Context(node, opset, attributes, inputs, into);
    const outputs = folding.fold(operator, inputs, context) ?? emitted(operator, context(importer));
    for (const [name, operand] of outputs) {
      if (operand.known && !inputs.some((x) => x?.known?.data === operand.known!.data)) budget.take(operand.known.data.length, node.where);
      operands.set(name, operand);
    }
  }

  for (const name of options.outputs ?? model.graph.outputs.map((o) => o.name)) {
    const operand = operands.get(name);
    if (!operand) return fail("undefined-value", `output ${quote(name)}`, "nothing in the model makes it");
    b.output(name, importer.value(operand));
  }
  return prune(b.build());
}

/** The bytes as a view that nobody else writes to or has given other methods (Node's Buffer). @throws UsageError */
function plain(bytes: unknown): Uint8Array {
  const buffer = ArrayBuffer.isView(bytes) ? bytes.buffer : bytes;
  const isShared = typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer;
  if (!isShared && !(buffer instanceof ArrayBuffer))
    throw new UsageError({
      code: "bad-argument",
      where: "onnx.load",
      problem: "takes the bytes of a file",
      expected: "a Uint8Array or an ArrayBuffer",
      got: bytes === null ? "null" : typeof bytes,
    });
  const { byteOffset, byteLength } = ArrayBuffer.isView(bytes) ? bytes : { byteOffset: 0, byteLength: buffer.byteLength };
  // A detached buffer has no bytes, but refuses to be looked at.
  const view = byteLength === 0 ? new Uint8Array(0) : new Uint8Array(buffer, byteOffset, byteLength);
  return isShared ? allocated("onnx.load", byteLength, () => view.slice()) : view;
}

function emitted(operator: { emit(c: Context): void }, context: Context): ReadonlyMap<string, Operand> {
  operator.emit(context);
  for (const name of context.node.outputs) if (name !== "" && !context.outputs.has(name)) context.unsupported(`output ${quote(name)}`);
  return context.outputs;
}

function fail(code: KnownCode, where: string, problem: string): never {
  throw new GraphError({ code, where, problem });
}

/** @throws DTypeError for a double or uint64 */
function expectNarrow(where: string, inputs: readonly (Operand | undefined)[]): void {
  const wide = inputs.find((x) => x && wideOf(x.type));
  if (wide)
    throw new DTypeError({
      code: "unsupported-dtype",
      where,
      problem: `${quote(wide.name)} has an element type that is not supported here`,
      expected: "a type of at most 32 bits, or int64",
      got: wide.type,
      remedy: "Cast it to float in the model; src/onnx/README.md lists the operators that take double and uint64",
    });
}

/** An input of the graph, or a known operand where the options say what it holds. */
function inputOperand(b: GraphBuilder, info: ValueInfo, given: Map<string, Tensor>, names: ReadonlyMap<string, number>): Operand {
  const { name, type } = info;
  const where = `input ${quote(name)}`;
  const dtype = dtypeOf(type);
  const known = given.get(name);
  if (known) {
    given.delete(name);
    if (known.dtype !== dtype)
      throw new DataError({ code: "dtype-mismatch", where, problem: "is known to be of another type", expected: dtype, got: known.dtype });
    if (wideOf(type)) wideShape(where, "known", known);
    const contents = fromTensor(type, known);
    return { name, type, shape: contents.shape, known: contents };
  }
  const shape = boundShape(info, names, where);
  const stored = storedShape(type, shape);
  countElements(
    stored.filter((d) => typeof d === "number"),
    where,
  );
  return { name, type, shape, made: { value: b.input(name, { dtype, shape: stored }), axes: inOrder(shape.length), from: shape } };
}

/** A leading axis whose size is not known is the batch, `n`; all others must be numbers. */
function boundShape({ shape }: ValueInfo, names: ReadonlyMap<string, number>, where: string): Shape {
  const bad = (problem: string, got: string, remedy?: string): never => {
    throw new ShapeError({ code: "symbolic-size", where, problem, got, remedy });
  };
  if (!shape) return bad("the model does not say its shape", "none", "Infer the model's shapes before loading it, or say it in `known`");
  const bound = shape.map((d): Dim => (typeof d === "string" ? (names.get(d) ?? d) : d));
  const open = bound.slice(1).find((d) => typeof d === "string");
  if (open !== undefined)
    return bad("only the leading axis may have any size", formatShape(shape), "Say the others in `sizes` of load's options");
  const [first] = bound;
  if (typeof first === "number" || first === undefined) return bound;
  return ["n", ...bound.slice(1)];
}
