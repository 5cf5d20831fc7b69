/** The integer form of one float op, as its own `lower` emits it, for given scales and zero points. */
import type { GraphBuilder } from "../../src/graph/index.ts";
import type { Rounding } from "../../src/numerics/index.ts";
import type { Attrs, Lowering, NodeView, OpDef, Qparams, Value } from "../../src/ops/op.ts";
import { tensor, type Tensor } from "../../src/tensor/index.ts";

export type Byte = "i8" | "u8";

/** What integers of an 8-bit type mean. */
export interface Target {
  readonly dtype: Byte;
  /** Per tensor, or one per channel of a weight. */
  readonly scale: number | readonly number[];
  readonly zeroPoint: number;
}

export interface LoweredNode {
  readonly name: string;
  readonly inputs: Readonly<Record<string, { readonly value: Value; readonly as: Target }>>;
  readonly weight?: { readonly tensor: Tensor<Byte>; readonly as: Target } | undefined;
  readonly bias?: Tensor<"f32"> | undefined;
  /** Without it the output keeps the parameters of the input `x`. */
  readonly y?: Target | undefined;
  readonly attrs?: Attrs;
  readonly rounding: Rounding;
}

export const fullRange = (dtype: Byte): { readonly quantMin: number; readonly quantMax: number } =>
  dtype === "i8" ? { quantMin: -128, quantMax: 127 } : { quantMin: 0, quantMax: 255 };

export function qparamsOf({ dtype, scale, zeroPoint }: Target): Qparams {
  const scales = typeof scale === "number" ? [scale] : scale;
  const zeros = new Int32Array(scales.length).fill(zeroPoint);
  return { dtype, scale: tensor("f32", [scales.length], scales), zeroPoint: tensor("i32", [zeros.length], zeros), ...fullRange(dtype) };
}

/** Emits the integer form of `op` and returns its output. */
export function emitLowered(b: GraphBuilder, op: OpDef, n: LoweredNode): Value {
  const inputs = new Map(Object.entries(n.inputs).map(([key, { value, as }]) => [key, { value, qparams: qparamsOf(as) }]));
  const lowering: Lowering = {
    rounding: n.rounding,
    input: (key) => inputs.get(key)!,
    weight: () => ({ tensor: n.weight!.tensor as Tensor<"i8">, qparams: qparamsOf(n.weight!.as) }),
    constant: (key) => (key === "bias" ? n.bias : undefined),
    output: n.y ? qparamsOf(n.y) : inputs.get("x")!.qparams,
  };
  const node: NodeView = {
    name: n.name,
    inputs: Object.fromEntries(Object.entries(n.inputs).map(([key, { value }]) => [key, value])),
    outputs: { y: n.name },
    attrs: { ...op.defaults, ...n.attrs } as Attrs,
  };
  return op.lower!(b, node, lowering).value;
}
