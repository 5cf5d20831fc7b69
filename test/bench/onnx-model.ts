/** The model of one convolution, for a peer. */
import { onnxModel, type Initializer } from "../support/onnx.ts";

export type { Initializer };

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

export function convModel({ op, inputs, initializers, type, x, y, padding, kernel }: ConvModel): Uint8Array {
  const attributes = { kernel_shape: [kernel, kernel], pads: Array<number>(4).fill(padding) };
  return onnxModel({
    nodes: [{ op, inputs, outputs: ["y"], attributes }],
    initializers,
    inputs: [{ name: "x", type, dims: x }],
    outputs: [{ name: "y", type, dims: y }],
  });
}
