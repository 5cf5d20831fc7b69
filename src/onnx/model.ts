/** ModelProto and what is in it, as plain values. What single fields hold is checked here, how they fit together in check.ts. */
import { DataError, GraphError } from "../errors.ts";
import { elementOf, elementName, type ElementType } from "./elements.ts";
import { quote } from "./names.ts";
import { readTensor, type OnnxTensor } from "./tensor.ts";
import { read } from "./wire.ts";

export interface OnnxModel {
  /** Version of each operator set, by domain; "" is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: OnnxGraph;
  /** Operators that the model itself defines, as `domain.type`. */
  readonly functions: ReadonlySet<string>;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

export interface OnnxNode {
  /** `Conv "conv1"`: how messages speak of it. */
  readonly where: string;
  readonly type: string;
  readonly domain: string;
  /** "" where an optional one is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export type Attribute =
  | { readonly kind: "float" | "int"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "floats" | "ints"; readonly value: readonly number[] }
  | { readonly kind: "texts"; readonly value: readonly string[] }
  | { readonly kind: "tensor"; readonly value: OnnxTensor }
  | { readonly kind: "other"; readonly value: string };

export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  /** A size that is not known has a name, or "" where it has none; undefined where nothing is said of the shape. */
  readonly shape: readonly (number | string)[] | undefined;
}

const modelSchema = { ir_version: [1, "int"], graph: [7, "bytes"], opset_import: [8, "messages"], functions: [25, "messages"] } as const;
const opsetSchema = { domain: [1, "text"], version: [2, "int"] } as const;
const functionSchema = { name: [1, "text"], domain: [10, "text"] } as const;
const graphSchema = {
  node: [1, "messages"],
  initializer: [5, "messages"],
  input: [11, "messages"],
  output: [12, "messages"],
  sparse_initializer: [15, "messages"],
} as const;
const nodeSchema = {
  input: [1, "texts"],
  output: [2, "texts"],
  name: [3, "text"],
  op_type: [4, "text"],
  attribute: [5, "messages"],
  domain: [7, "text"],
} as const;
const attributeSchema = {
  name: [1, "text"],
  f: [2, "float"],
  i: [3, "int"],
  s: [4, "bytes"],
  t: [5, "bytes"],
  g: [6, "bytes"],
  floats: [7, "floats"],
  ints: [8, "ints"],
  strings: [9, "messages"],
  type: [20, "int"],
  ref_attr_name: [21, "text"],
} as const;
const valueSchema = { name: [1, "text"], type: [2, "bytes"] } as const;
const typeSchema = { tensor_type: [1, "bytes"] } as const;
const tensorTypeSchema = { elem_type: [1, "int"], shape: [2, "bytes"] } as const;
const shapeSchema = { dim: [1, "messages"] } as const;
const dimSchema = { dim_value: [1, "int"], dim_param: [2, "text"] } as const;

/** Versions beyond these no release of ONNX has come near. */
const MOST_IR = 99;
const MOST_OPSET = 99;

/** @throws DataError | DTypeError | ShapeError | GraphError */
export function readModel(bytes: Uint8Array): OnnxModel {
  const where = "ONNX model";
  const fail = (problem: string, expected?: string, got?: string): never => {
    throw new DataError({ code: "bad-model", where, problem, expected, got });
  };
  if (bytes.length === 0) fail("the file is empty");
  const model = read(modelSchema, bytes, where);
  const { ir_version: ir, graph } = model;
  if (!graph) return fail("the file holds no graph", "a ModelProto", `${bytes.length} bytes`);
  if (ir === undefined || ir < 1 || ir > MOST_IR) fail("the version of the format is none", `1 to ${MOST_IR}`, String(ir));
  const opsets = new Map<string, number>();
  for (const entry of model.opset_import) {
    const { domain = "", version } = read(opsetSchema, entry, "opset_import");
    const key = domain === "ai.onnx" ? "" : domain;
    const most = key === "" ? MOST_OPSET : Number.MAX_SAFE_INTEGER;
    if (version === undefined || version < 1 || version > most)
      fail(`the operator set ${quote(key || "ai.onnx")} has no such version`, `1 to ${most}`, String(version));
    if (opsets.has(key)) fail(`the operator set ${quote(key || "ai.onnx")} is imported twice`);
    opsets.set(key, version!);
  }
  if (opsets.size === 0) fail("no operator set is imported", "at least one opset_import");
  const functions = model.functions.map((f) => read(functionSchema, f, "function"));
  return {
    opsets,
    graph: readGraph(graph),
    functions: new Set(functions.map(({ domain = "", name = "" }) => `${domain}.${name}`)),
  };
}

function readGraph(bytes: Uint8Array): OnnxGraph {
  const graph = read(graphSchema, bytes, "graph");
  if (graph.sparse_initializer.length > 0)
    throw new DataError({ code: "bad-tensor", where: "graph", problem: "has sparse initializers", expected: "dense ones" });
  const initializers = new Map<string, OnnxTensor>();
  graph.initializer.forEach((entry, i) => {
    const { name, tensor } = readTensor(entry, `initializer ${i}`);
    if (name === "") throw new DataError({ code: "bad-tensor", where: `initializer ${i}`, problem: "has no name" });
    if (initializers.has(name))
      throw new GraphError({ code: "doubled-name", where: `initializer ${quote(name)}`, problem: "another one has this name" });
    initializers.set(name, tensor);
  });
  return {
    initializers,
    nodes: graph.node.map(readNode),
    inputs: graph.input.filter((entry) => !initializers.has(nameOf(entry))).map((entry, i) => readValue(entry, `input ${i}`)),
    outputs: graph.output.map((entry, i) => readValue(entry, `output ${i}`)),
  };
}

function readNode(bytes: Uint8Array, index: number): OnnxNode {
  const node = read(nodeSchema, bytes, `node ${index}`);
  const type = node.op_type ?? "";
  const where = `${type === "" ? "node" : type.slice(0, 60)} ${node.name ? quote(node.name) : `(node ${index})`}`;
  if (type === "") throw new GraphError({ code: "bad-node", where, problem: "has no operator" });
  const attributes = new Map<string, Attribute>();
  for (const entry of node.attribute) {
    const [name, attribute] = readAttribute(entry, where);
    if (attributes.has(name)) throw new GraphError({ code: "doubled-name", where, problem: `attribute ${quote(name)} is given twice` });
    attributes.set(name, attribute);
  }
  const domain = node.domain === "ai.onnx" ? "" : (node.domain ?? "");
  return { where, type, domain, inputs: node.input, outputs: node.output, attributes };
}

/** The kinds by AttributeProto.type; those that are absent are of no use here. */
const kinds = new Map<number, Attribute["kind"]>([
  [1, "float"],
  [2, "int"],
  [3, "text"],
  [4, "tensor"],
  [6, "floats"],
  [7, "ints"],
  [8, "texts"],
]);

function readAttribute(bytes: Uint8Array, node: string): readonly [string, Attribute] {
  const a = read(attributeSchema, bytes, `attribute of ${node}`);
  const name = a.name ?? "";
  const where = `${node}, attribute ${quote(name)}`;
  const text = (run: Uint8Array): string => {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(run);
    } catch {
      throw new DataError({ code: "bad-protobuf", where, problem: "a text is not UTF-8" });
    }
  };
  if (a.ref_attr_name) return [name, { kind: "other", value: "a reference" }];
  // Files of the first versions do not say the type.
  const kind = a.type === undefined || a.type === 0 ? kindOf(a) : kinds.get(a.type);
  switch (kind) {
    case "float":
      return [name, { kind, value: a.f ?? 0 }];
    case "int":
      return [name, { kind, value: a.i ?? 0 }];
    case "text":
      return [name, { kind, value: text(a.s ?? new Uint8Array(0)) }];
    case "floats":
      return [name, { kind, value: a.floats }];
    case "ints":
      return [name, { kind, value: a.ints }];
    case "texts":
      return [name, { kind, value: a.strings.map(text) }];
    case "tensor":
      if (!a.t) throw new DataError({ code: "bad-tensor", where, problem: "holds no tensor" });
      return [name, { kind, value: readTensor(a.t, where).tensor }];
    default:
      return [name, { kind: "other", value: a.g ? "a graph" : `type ${a.type ?? "none"}` }];
  }
}

function kindOf(a: {
  f?: unknown;
  i?: unknown;
  s?: unknown;
  t?: unknown;
  floats: readonly unknown[];
  ints: readonly unknown[];
  strings: readonly unknown[];
}): Attribute["kind"] | undefined {
  if (a.f !== undefined) return "float";
  if (a.i !== undefined) return "int";
  if (a.s !== undefined) return "text";
  if (a.t !== undefined) return "tensor";
  if (a.floats.length > 0) return "floats";
  return a.ints.length > 0 ? "ints" : a.strings.length > 0 ? "texts" : undefined;
}

const nameOf = (bytes: Uint8Array): string => read(valueSchema, bytes, "input").name ?? "";

function readValue(bytes: Uint8Array, whose: string): ValueInfo {
  const { name = "", type } = read(valueSchema, bytes, whose);
  const where = `${whose.split(" ")[0]} ${quote(name)}`;
  if (name === "") throw new GraphError({ code: "bad-value", where: whose, problem: "has no name" });
  const tensorType = type && read(typeSchema, type, where).tensor_type;
  if (!tensorType) throw new GraphError({ code: "bad-value", where, problem: "is not said to be a tensor", expected: "a dense tensor" });
  const { elem_type, shape } = read(tensorTypeSchema, tensorType, where);
  const element = elementOf(elem_type);
  if (!element)
    throw new GraphError({
      code: "unsupported-dtype",
      where,
      problem: "has an element type that is not read",
      got: elementName(elem_type),
    });
  if (!shape) return { name, type: element.type, shape: undefined };
  const dims = read(shapeSchema, shape, where).dim.map((d) => {
    const { dim_value, dim_param } = read(dimSchema, d, where);
    return dim_value ?? dim_param ?? "";
  });
  return { name, type: element.type, shape: dims };
}
