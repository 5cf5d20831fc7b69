/**
 * packWeight: integer weights in the order in which the int8 kernels read them.
 *
 *     y[o, ..., i, lane, j] = w[4 o + lane, ..., 4 i + j]      0 where an index is past the end
 *
 * w i8 [oc, ...mid, ic] -> y i8 [ceil(oc / 4), ...mid, ceil(ic / 4), 4, 4]. In a buffer (4 values a u32) one vec4<u32>
 * holds 4 output channels x 4 input channels, so that one load serves 16 products per output pixel. The zeros in unused
 * lanes make what an activation holds in its own padding lanes irrelevant.
 */
import { ShapeError } from "../errors.ts";
import { formatType, numel, sizes, zeros, type Tensor } from "../tensor/index.ts";
import { expectDType, fixedDim } from "./check.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";
import shader from "../../shaders/packWeight.wgsl";

/** The packed shape of a weight [oc, ...mid, ic]. */
export function packedShape(shape: readonly number[]): readonly number[] {
  return [ceilDiv(shape[0]!, 4), ...shape.slice(1, -1), ceilDiv(shape.at(-1)!, 4), 4, 4];
}

function packWeights(w: Tensor<"i8">): Tensor<"i8"> {
  const [oc, ic] = [w.shape[0]!, w.shape.at(-1)!];
  const mid = numel(w.shape.slice(1, -1));
  const y = zeros("i8", packedShape(w.shape));
  const groups = ceilDiv(ic, 4);
  for (let o = 0; o < oc; o++)
    for (let m = 0; m < mid; m++)
      for (let i = 0; i < ic; i++)
        y.data[((((o >> 2) * mid + m) * groups + (i >> 2)) * 4 + (o & 3)) * 4 + (i & 3)] = w.data[(o * mid + m) * ic + i]!;
  return y;
}

/** The weights [oc, ...mid, ic] that `packed` was made from, as plain values. */
export function unpackWeights(packed: Tensor<"i8">, oc: number, ic: number): Int8Array {
  const mid = numel(packed.shape.slice(1, -3));
  const groups = packed.shape.at(-3)!;
  const w = new Int8Array(oc * mid * ic);
  for (let o = 0, at = 0; o < oc; o++)
    for (let m = 0; m < mid; m++)
      for (let i = 0; i < ic; i++, at++) w[at] = packed.data[((((o >> 2) * mid + m) * groups + (i >> 2)) * 4 + (o & 3)) * 4 + (i & 3)]!;
  return w;
}

export const packWeight: OpDef<Record<string, never>> = {
  name: "packWeight",
  inputs: ["w"],
  outputs: ["y"],
  quantization: "float",

  infer({ w }, _attrs, where) {
    expectDType(where, "w", w!, "i8");
    if (w!.shape.length < 2)
      throw new ShapeError({
        code: "rank-mismatch",
        where,
        problem: "w must be [oc, ..., ic]",
        expected: "rank 2 or more",
        got: formatType(w!),
      });
    const shape = w!.shape.map((_, axis) => fixedDim(where, "w", w!, axis));
    return { y: { dtype: "i8", shape: packedShape(shape) } };
  },

  reference({ w }) {
    return { y: packWeights(w as Tensor<"i8">) };
  },

  kernel({ w }, _attrs, device) {
    const shape = sizes(w!.shape);
    const [oc, ic] = [shape[0]!, shape.at(-1)!];
    const mid = numel(shape.slice(1, -1));
    const words = numel(packedShape(shape)) / 4;
    return [{ name: "word", calls: [{ shader, params: { words, oc, mid, ic }, workgroups: dispatch1d(words, 64, device) }] }];
  },
};
