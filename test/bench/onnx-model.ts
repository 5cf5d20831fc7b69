/** Just enough of ONNX's protobuf to hand a peer one convolution. Field numbers are those of onnx.proto. */

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

export interface Initializer {
  readonly name: string;
  readonly type: keyof typeof dataType;
  readonly dims: readonly number[];
  readonly data: ArrayBufferView;
}

export interface ConvModel {
  readonly op: "Conv" | "QLinearConv";
  /** In the op's order; `x` is the input of the model, the others are initializers. */
  readonly inputs: readonly string[];
  readonly initializers: readonly Initializer[];
  readonly type: "f32" | "i8";
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly padding: number;
  readonly kernel: number;
}

export function convModel(m: ConvModel): Uint8Array {
  const value = (name: string, dims: readonly number[]): Uint8Array => {
    const shape = message(...dims.map((d) => [1, message([1, d])] as const));
    return message([1, name], [2, message([1, message([1, dataType[m.type]], [2, shape])])]);
  };
  const ints = (name: string, values: readonly number[]): Uint8Array => message([1, name], ...values.map((v) => [8, v] as const), [20, 7]);
  const node = message(
    ...m.inputs.map((name) => [1, name] as const),
    [2, "y"],
    [4, m.op],
    [5, ints("kernel_shape", [m.kernel, m.kernel])],
    [5, ints("pads", Array<number>(4).fill(m.padding))],
  );
  const initializers = m.initializers.map(({ name, type, dims, data }) =>
    message(
      ...dims.map((d) => [1, d] as const),
      [2, dataType[type]],
      [8, name],
      [9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
    ),
  );
  const graph = message([1, node], [2, "conv"], ...initializers.map((i) => [5, i] as const), [11, value("x", m.x)], [12, value("y", m.y)]);
  return message([1, 8], [7, graph], [8, message([1, ""], [2, 13])]);
}
