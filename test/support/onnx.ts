/** Just enough of ONNX's protobuf to hand a peer a few nodes. Field numbers are those of onnx.proto. */

type Field = readonly [number: number, value: number | string | Uint8Array];

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

/** A message: numbers as varints, everything else length-delimited. */
function message(...fields: readonly Field[]): Uint8Array {
  const parts = fields.map(([number, value]) => {
    if (typeof value === "number") return Uint8Array.from([...varint(number * 8), ...varint(value)]);
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
const dataType = { f32: 1, u8: 2, i8: 3, i32: 6 } as const;

/** An input or output of the model. */
export interface Port {
  readonly name: string;
  readonly type: keyof typeof dataType;
  readonly dims: readonly number[];
}

export interface Initializer extends Port {
  readonly data: ArrayBufferView;
}

export interface OnnxNode {
  readonly op: string;
  /** In the op's order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Numbers become INT, lists INTS; none negative. */
  readonly attributes: Readonly<Record<string, number | readonly number[]>>;
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

export function onnxModel(m: OnnxModel): Uint8Array {
  const port = ({ name, type, dims }: Port): Uint8Array => {
    const shape = message(...dims.map((d) => [1, message([1, d])] as const));
    return message([1, name], [2, message([1, message([1, dataType[type]], [2, shape])])]);
  };
  const attribute = ([name, value]: readonly [string, number | readonly number[]]): Uint8Array =>
    typeof value === "number" ? message([1, name], [3, value], [20, 2]) : message([1, name], ...value.map((v) => [8, v] as const), [20, 7]);
  const nodes = m.nodes.map(({ op, inputs, outputs, attributes }) =>
    message(
      ...inputs.map((name) => [1, name] as const),
      ...outputs.map((name) => [2, name] as const),
      [4, op],
      ...Object.entries(attributes).map((a) => [5, attribute(a)] as const),
    ),
  );
  const initializers = m.initializers.map(({ name, type, dims, data }) =>
    message(
      ...dims.map((d) => [1, d] as const),
      [2, dataType[type]],
      [8, name],
      [9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
    ),
  );
  const graph = message(
    ...nodes.map((n) => [1, n] as const),
    [2, "graph"],
    ...initializers.map((i) => [5, i] as const),
    ...m.inputs.map((p) => [11, port(p)] as const),
    ...m.outputs.map((p) => [12, port(p)] as const),
  );
  return message([1, 8], [7, graph], [8, message([1, ""], [2, 13])]);
}
