/**
 * qconv2d: integer convolution with requantization.
 *
 *     acc = bias[o] + sum over ky, kx, i of (x[n, oy sh - top + ky, ox sw - left + kx, i] - xZeroPoint) * weight[o, ky, kx, i]
 *     y = yZeroPoint + clamp(round(acc * multiplier[o] * 2^(exponent[o] - 31)))
 *
 * Outside the image x counts as xZeroPoint: such taps add nothing. x i8 [n, h, w, c], y i8 [n, oh, ow, oc], weight packed by
 * packWeight from i8 [oc, kh, kw, c] (symmetric), weightSum, bias, multiplier, exponent i32 [oc], padding [top, bottom,
 * left, right]. A fused relu is the lower clamp bound max(quantMin, yZeroPoint). See requantized.ts, and
 * "Integer layers" and "Requantization" in src/numerics/README.md.
 */
import { i8, sizes, storageBytes, storageWords, type Tensor } from "../tensor/index.ts";
import { expectRank, fixedDim } from "./check.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, Emitter, Lowering, NodeView, OpDef, Quantized, Variant, Value } from "./op.ts";
import { unpackWeights } from "./packWeight.ts";
import {
  centered,
  expectPacked,
  inferWeighted,
  lowerWeighted,
  quantized,
  requantizeAttrs,
  requantizeConstants,
  requantizeDefaults,
  requantizeParams,
  requantizeSums,
  weightedInputs,
  type RequantizeAttrs,
} from "./requantized.ts";
import { forEachTap, windowOutput, type Window } from "./window.ts";
import registers from "../../shaders/qconv2d.wgsl";
import flattenShader from "../../shaders/qconv2dFlatten.wgsl";
import float from "../../shaders/qconv2dFloat.wgsl";
import patchesShader from "../../shaders/qconv2dPatches.wgsl";
import tileShader from "../../shaders/qconv2dTile.wgsl";

export type Qconv2dAttrs = RequantizeAttrs & {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
};

/** Kernel, stride and padding, with the packed weight [oc / 4, kh, kw, ic / 4, 4, 4]. */
const windowOf = (weight: { readonly shape: readonly (number | string)[] }, { stride, padding }: Qconv2dAttrs): Window => ({
  kernel: sizes(weight.shape.slice(1, 3)),
  stride,
  padding,
});

export const qconv2d: OpDef<Qconv2dAttrs> = {
  name: "qconv2d",
  inputs: weightedInputs,
  outputs: ["y"],
  quantization: "float",
  absorbsActivation: true,
  defaults: { stride: [1, 1], padding: [0, 0, 0, 0], ...requantizeDefaults },

  infer(types, attrs, where) {
    const { x, weight } = types;
    expectRank(where, "x", x!, 4, "[n, h, w, c]");
    expectRank(where, "weight", weight!, 6, "[oc / 4, kh, kw, c / 4, 4, 4] as packWeight makes it");
    const oc = inferWeighted(where, types, attrs);
    const window = windowOf(weight!, attrs);
    expectPacked(where, types, oc, window.kernel, fixedDim(where, "x", x!, 3));
    const [oh, ow] = windowOutput(where, x!, window);
    return { y: { dtype: attrs.dtype, shape: [x!.shape[0]!, oh, ow, oc] } };
  },

  reference(tensors, attrs) {
    const { x, weight } = tensors as { x: Tensor<"i8">; weight: Tensor<"i8"> };
    const shape = sizes(qconv2d.infer(tensors, attrs, "qconv2d").y!.shape);
    const window = windowOf(weight, attrs);
    const [ic, oc] = [x.shape[3]!, shape[3]!];
    const w = unpackWeights(weight, oc, ic);
    const taps = window.kernel[0]! * window.kernel[1]!;
    const values = centered(tensors);
    const sums = new Int32Array(shape.reduce((a, b) => a * b, 1));
    forEachTap(x.shape, shape, window, (pixel, from, tap) => {
      for (let o = 0; o < oc; o++) {
        const at = (o * taps + tap) * ic;
        let sum = 0;
        for (let i = 0; i < ic; i++) sum = (sum + Math.imul(values[from + i]!, w[at + i]!)) | 0;
        sums[pixel * oc + o]! += sum;
      }
    });
    return { y: requantizeSums(sums, shape, tensors, attrs) };
  },

  kernel(types, attrs, device) {
    const { x, weight } = types;
    const y = qconv2d.infer(types, attrs, "qconv2d").y!;
    return qconv2dVariants({ x: sizes(x!.shape), y: sizes(y.shape), window: windowOf(weight!, attrs) }, attrs, device);
  },
};

/** The integer form of a conv2d: attributes stride, padding and activation are taken over. */
export function lowerConv2d(b: Emitter, node: NodeView, q: Lowering): Quantized {
  const inputs = lowerWeighted(b, `conv2d "${node.name}"`, node, q);
  const { stride, padding, activation } = node.attrs as Qconv2dAttrs;
  const attrs = { stride, padding, ...requantizeAttrs(activation, q.rounding, q.output) };
  return quantized(b.emit(qconv2d, inputs as Record<string, Value>, attrs, node.name).y!, q.output);
}

export interface ConvolutionShape {
  /** [n, h, w, ic] */
  readonly x: readonly number[];
  /** [n, oh, ow, oc] */
  readonly y: readonly number[];
  readonly window: Window;
}

/**
 * Kernel plans; qlinear's, too, which is a convolution of 1 x 1 images. All give the same bits, for they differ in the
 * order of exact sums alone, so the choice is a matter of speed.
 */
export const qconv2dVariants = (shape: ConvolutionShape, attrs: RequantizeAttrs, device: DeviceInfo): readonly Variant[] => [
  ...patchVariants(shape, attrs, device),
  ...productVariants(shape, attrs, device),
];

function sizesOf({ x, y, window: { kernel, stride, padding } }: ConvolutionShape) {
  const [, h, w, ic] = x as [number, number, number, number];
  const [n, oh, ow, oc] = y as [number, number, number, number];
  const [kh, kw] = kernel as [number, number];
  const [sh, sw] = stride as [number, number];
  const [top, , left] = padding as [number, number, number, number];
  return { pixels: n * oh * ow, h, w, ic, oc, oh, ow, kh, kw, sh, sw, top, left };
}

function productVariants(shape: ConvolutionShape, attrs: RequantizeAttrs, device: DeviceInfo): readonly Variant[] {
  const { ic, ...sizes } = sizesOf(shape);
  const { pixels, oc, kh, kw } = sizes;
  const icWords = ceilDiv(ic, 4);
  const params = { ...sizes, icWords, ...requantizeParams(attrs) };
  const constants = requantizeConstants(attrs);
  const tiles = ceilDiv(pixels, 64) * ceilDiv(oc, 64);
  const threads = (tilePixels: number, tileChannels: number): number => ceilDiv(pixels, tilePixels) * ceilDiv(oc, tileChannels);
  return [
    {
      name: "float 8x8",
      // SwiftShader emulates the packed dot product and shifts lane by lane: f32 is more than twice as fast there.
      when: device.software || !device.dot4,
      calls: [
        {
          shader: float,
          constants: { deep: kh * kw * icWords > 256, ...constants },
          params,
          workgroups: dispatch1d(threads(8, 8), 32, device),
        },
      ],
    },
    {
      name: "dot4 tiles",
      // In fewer tiles most of a GPU would idle; smaller pieces spread better.
      when: !device.software && device.dot4 && tiles >= 4 && device.limits.maxComputeInvocationsPerWorkgroup >= 256,
      calls: [{ shader: tileShader, constants, params, workgroups: dispatch1d(tiles, 1, device) }],
    },
    { name: "dot4 4x4", calls: [{ shader: registers, constants, params, workgroups: dispatch1d(threads(4, 4), 64, device) }] },
  ];
}

/**
 * With 1, 2 or 3 input channels most lanes of a word would be padding. So the windows are written out as rows in which
 * taps share words, the weights alike, and what remains is a matrix product.
 */
function patchVariants(shape: ConvolutionShape, attrs: RequantizeAttrs, device: DeviceInfo): readonly Variant[] {
  const { oc, ic, ...sizes } = sizesOf(shape);
  const { pixels, kh, kw } = sizes;
  const depth = kh * kw * ic;
  const scratch = { patches: i8([pixels, depth]), flat: i8([ceilDiv(oc, 4), ceilDiv(depth, 4), 4, 4]) };
  if (ic > 3 || kh * kw === 1 || storageBytes(scratch.patches) > device.limits.maxStorageBufferBindingSize) return [];
  const words = storageWords(scratch.flat);
  const window = { kernel: [1, 1], stride: [1, 1], padding: [0, 0, 0, 0] };
  const product = { x: [pixels, 1, 1, depth], y: [pixels, 1, 1, oc], window };
  return productVariants(product, attrs, device).map((v) => ({
    ...v,
    name: `${v.name} of patches`,
    scratch,
    calls: [
      { shader: patchesShader, constants: { ic }, params: sizes, workgroups: dispatch1d(pixels, 64, device) },
      { shader: flattenShader, params: { words, taps: kh * kw, ic }, workgroups: dispatch1d(words, 64, device) },
      ...v.calls.map((call) => ({ ...call, bindings: { x: "patches", weight: "flat" } })),
    ],
  }));
}
