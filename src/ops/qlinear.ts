/**
 * qlinear: integer matrix product with requantization.
 *
 *     acc = bias[o] + sum over i of (x[..., i] - xZeroPoint) * (weight[o, i] - weightZeroPoint[o])
 *     y[..., o] = yZeroPoint + clamp(round(acc * multiplier[o] * 2^(exponent[o] - 31)))
 *
 * x i8 or u8 [..., in] with any number of leading axes, y i8 or u8 [..., out], weight packed by packWeight from [out, in],
 * weightSum, bias, multiplier, exponent i32 [out], weightZeroPoint i32 [out] or absent. See requantized.ts and
 * src/numerics/README.md.
 */
import { ShapeError } from "../errors.ts";
import { allocate, formatType, numel, sizes } from "../tensor/index.ts";
import { expectRank, fixedDim } from "./check.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { Emitter, Lowering, NodeView, OpDef, Quantized } from "./op.ts";
import { packingOf } from "./packWeight.ts";
import { qconv2dVariants } from "./qconv2d.ts";
import { productBindings, productConstants } from "./qconvolution.ts";
import {
  centered,
  centeredWeights,
  expectPacked,
  inferWeighted,
  lowerWeighted,
  quantized,
  requantizeAttrs,
  requantizeDefaults,
  requantizeParams,
  requantizeSums,
  weightedInputs,
  type RequantizeAttrs,
} from "./requantized.ts";
import shader from "../../shaders/qlinear.wgsl";

export type QlinearAttrs = RequantizeAttrs;

export const qlinear: OpDef<QlinearAttrs> = {
  name: "qlinear",
  inputs: weightedInputs,
  outputs: ["y"],
  quantization: "float",
  defaults: requantizeDefaults,

  infer(types, attrs, where) {
    const { x, weight } = types;
    if (x!.shape.length === 0)
      throw new ShapeError({
        code: "rank-mismatch",
        where,
        problem: "x must be [..., in]",
        expected: "rank 1 or more",
        got: formatType(x!),
      });
    expectRank(where, "weight", weight!, 4, "[out / 4, in / 4, 4, 4] as packWeight makes it");
    const out = inferWeighted(where, types, attrs);
    expectPacked(where, types, packingOf(out, fixedDim(where, "x", x!, -1), 1), []);
    return { y: { dtype: attrs.dtype, shape: [...x!.shape.slice(0, -1), out] } };
  },

  reference(tensors, attrs) {
    const shape = sizes(qlinear.infer(tensors, attrs, "qlinear").y!.shape);
    const [ic, oc] = [tensors.x!.shape.at(-1)!, shape.at(-1)!];
    const w = centeredWeights(tensors, packingOf(oc, ic, 1));
    const values = centered(tensors);
    const sums = allocate("i32", numel(shape));
    for (let at = 0, row = 0; at < sums.length; row += ic)
      for (let o = 0; o < oc; o++, at++) {
        let sum = 0;
        for (let i = 0; i < ic; i++) sum = (sum + Math.imul(values[row + i]!, w[o * ic + i]!)) | 0;
        sums[at] = sum;
      }
    return { y: requantizeSums(sums, shape, tensors, attrs) };
  },

  kernel(types, attrs, device) {
    const ic = sizes(types.x!.shape).at(-1)!;
    const rows = numel(types.x!.shape) / ic;
    const oc = numel(types.bias!.shape);
    // A linear layer is a convolution of 1 x 1 images with a 1 x 1 kernel.
    const window = { kernel: [1, 1], stride: [1, 1], padding: [0, 0, 0, 0] };
    const shape = { x: [rows, 1, 1, ic], y: [rows, 1, 1, oc], window, groups: 1 };
    const params = { rows, ic, icWords: ceilDiv(ic, 4), oc, ...requantizeParams(attrs) };
    const call = { shader, constants: productConstants(types, attrs), params, bindings: productBindings(types, "weightZeroPoint") };
    return [
      {
        name: "dot4 split depth",
        // Barriers cost more than they save where threads are emulated.
        when: !device.software && rows <= 8 && ic >= 256,
        calls: [{ ...call, workgroups: dispatch1d(rows * ceilDiv(oc, 16), 1, device) }],
      },
      ...qconv2dVariants(shape, types, attrs, device),
    ];
  },
};

/** The integer form of a linear layer; its activation is taken over. */
export function lowerLinear(b: Emitter, node: NodeView, q: Lowering): Quantized {
  const inputs = lowerWeighted(b, `linear "${node.name}"`, node, q);
  const attrs = requantizeAttrs((node.attrs as QlinearAttrs).activation, q.rounding, q.output);
  return quantized(b.emit(qlinear, inputs, attrs, node.name).y!, q.output);
}
