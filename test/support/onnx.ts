/** Just enough of ONNX's protobuf to write a few nodes, also wrong ones. Field numbers are those of onnx.proto. */

/** Numbers are varints, f32 where wrapped, everything else is length-delimited. */
export type Field = readonly [number: number, value: number | { readonly float: number } | string | Uint8Array];

export function varint(value: number): number[] {
  const bytes: number[] = [];
  // Negative numbers have all 64 bits.
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    if (rest < 128n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 127n) | 128);
  }
}

export function message(...fields: readonly Field[]): Uint8Array {
  const parts = fields.map(([number, value]) => {
    if (typeof value === "number") return Uint8Array.from([...varint(number * 8), ...varint(value)]);
    if (typeof value === "object" && "float" in value)
      return Uint8Array.from([...varint(number * 8 + 5), ...new Uint8Array(Float32Array.of(value.float).buffer)]);
    const body = typeof value === "string" ? new TextEncoder().encode(value) : value;
    const head = [...varint(number * 8 + 2), ...varint(body.length)];
    const part = new Uint8Array(head.length + body.length);
    part.set(head);
    part.set(body, head.length);
    return part;
  });
  const bytes = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const p of parts) {
    bytes.set(p, at);
    at += p.length;
  }
  return bytes;
}

/** TensorProto.DataType */
const dataType = { f32: 1, u8: 2, i8: 3, i32: 6, i64: 7, f64: 11, u64: 13 } as const;

/** An input or output of the model. */
export interface Port {
  readonly name: string;
  readonly type: keyof typeof dataType;
  /** A name stands for a size that is not known; without dims nothing is said of the shape. */
  readonly dims?: readonly (number | string)[];
}

export interface Initializer extends Port {
  readonly dims: readonly number[];
  readonly data: ArrayBufferView;
}

export type AttributeValue = number | readonly number[] | string | { readonly float: number } | { readonly tensor: Initializer };

export interface OnnxNode {
  readonly op: string;
  /** In the op's order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Numbers become INT, lists INTS. */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly name?: string;
  readonly domain?: string;
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Version of ONNX's own operator set, 13 where absent. */
  readonly opset?: number;
  /** Fields of the model besides, or of its graph. */
  readonly extra?: readonly Field[];
  readonly graphExtra?: readonly Field[];
}

export const tensorProto = ({ name, type, dims, data }: Initializer, ...more: readonly Field[]): Uint8Array =>
  message(
    ...dims.map((d) => [1, d] as const),
    [2, dataType[type]],
    [8, name],
    [9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
    ...more,
  );

export const valueInfo = ({ name, type, dims }: Port): Uint8Array => {
  const shape = dims && message(...dims.map((d) => [1, typeof d === "string" ? message([2, d]) : message([1, d])] as const));
  return message([1, name], [2, message([1, message([1, dataType[type]], ...(shape ? [[2, shape] as const] : []))])]);
};

function attribute([name, value]: readonly [string, AttributeValue]): Uint8Array {
  if (typeof value === "number") return message([1, name], [3, value], [20, 2]);
  if (typeof value === "string") return message([1, name], [4, value], [20, 3]);
  if ("float" in value) return message([1, name], [2, value], [20, 1]);
  if ("tensor" in value) return message([1, name], [5, tensorProto(value.tensor)], [20, 4]);
  return message([1, name], ...value.map((v) => [8, v] as const), [20, 7]);
}

export const nodeProto = ({ op, inputs, outputs, attributes, name, domain }: OnnxNode): Uint8Array =>
  message(
    ...inputs.map((i) => [1, i] as const),
    ...outputs.map((o) => [2, o] as const),
    ...(name === undefined ? [] : [[3, name] as const]),
    [4, op],
    ...Object.entries(attributes).map((a) => [5, attribute(a)] as const),
    ...(domain === undefined ? [] : [[7, domain] as const]),
  );

export function onnxModel(m: OnnxModel): Uint8Array {
  const graph = message(
    ...m.nodes.map((n) => [1, nodeProto(n)] as const),
    [2, "graph"],
    ...m.initializers.map((i) => [5, tensorProto(i)] as const),
    ...m.inputs.map((p) => [11, valueInfo(p)] as const),
    ...m.outputs.map((p) => [12, valueInfo(p)] as const),
    ...(m.graphExtra ?? []),
  );
  const domains = new Set(m.nodes.flatMap((n) => (n.domain ? [n.domain] : [])));
  const imports = [message([1, ""], [2, m.opset ?? 13]), ...[...domains].map((d) => message([1, d], [2, 1]))];
  return message([1, 8], [7, graph], ...imports.map((i) => [8, i] as const), ...(m.extra ?? []));
}
