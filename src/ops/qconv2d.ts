/**
 * qconv2d: integer convolution with requantization, in groups of channels, with taps apart (dilation).
 *
 *     acc = bias[o] + sum over ky, kx, i of (x[n, oy sh - top + ky dh, ox sw - left + kx dw, g + i] - xZeroPoint)
 *                                         * (weight[o, ky, kx, i] - weightZeroPoint[o])
 *     y = yZeroPoint + clamp(round(acc * multiplier[o] * 2^(exponent[o] - 31)))
 *
 * where g is the first channel of o's group. Outside the image x counts as xZeroPoint: such taps add nothing. x i8 or u8
 * [n, h, w, c], y i8 or u8 [n, oh, ow, oc], weight packed by packWeight from [oc, kh, kw, c / groups], weightSum, bias,
 * multiplier, exponent i32 [oc], weightZeroPoint i32 [oc] or absent, padding [top, bottom, left, right]. A fused relu is the
 * lower clamp bound max(quantMin, yZeroPoint). See requantized.ts, and "Integer layers" and "Requantization" in
 * src/numerics/README.md.
 */
import { allocate, i32, i8, numel, sizes, storageBytes, storageWords } from "../tensor/index.ts";
import { expectRank, fixedDim } from "./check.ts";
import { WIDE_WORK } from "./convolve.ts";
import { expectGroups } from "./groups.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, Emitter, KernelCall, Lowering, NodeView, OpDef, Quantized, Types, Variant, Value } from "./op.ts";
import { packingOf } from "./packWeight.ts";
import { depthwiseVariants } from "./qconv2dDepthwise.ts";
import {
  geometryOf,
  packedWindow,
  packing,
  productBindings,
  productConstants,
  type ConvolutionShape,
  type ConvolutionWindow,
  type Layer,
} from "./qconvolution.ts";
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
import { forEachTap, windowOutput } from "./window.ts";
import registers from "../../shaders/qconv2d.wgsl";
import flattenShader from "../../shaders/qconv2dFlatten.wgsl";
import float from "../../shaders/qconv2dFloat.wgsl";
import patchesShader from "../../shaders/qconv2dPatches.wgsl";
import sumsShader from "../../shaders/qconv2dSums.wgsl";
import tileShader from "../../shaders/qconv2dTile.wgsl";

export type Qconv2dAttrs = RequantizeAttrs & ConvolutionWindow;

export const qconv2d: OpDef<Qconv2dAttrs> = {
  name: "qconv2d",
  inputs: weightedInputs,
  outputs: ["y"],
  quantization: "float",
  absorbsActivation: true,
  defaults: { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1, ...requantizeDefaults },

  infer(types, attrs, where) {
    const { x, weight } = types;
    expectRank(where, "x", x!, 4, "[n, h, w, c]");
    const oc = inferWeighted(where, types, attrs);
    const ic = fixedDim(where, "x", x!, 3);
    expectGroups(where, attrs.groups, ic, oc);
    const packing = packingOf(oc, ic / attrs.groups, attrs.groups);
    if (packing.depthwise) expectRank(where, "weight", weight!, 3, "[kh, kw, c] as packWeight makes it");
    else expectRank(where, "weight", weight!, 6, "[oc / 4, kh, kw, c / 4, 4, 4] as packWeight makes it");
    const window = packedWindow(weight!, attrs);
    expectPacked(where, types, packing, window.kernel);
    const [oh, ow] = windowOutput(where, x!, window);
    return { y: { dtype: attrs.dtype, shape: [x!.shape[0]!, oh, ow, oc] } };
  },

  reference(tensors, attrs) {
    const { x, weight } = tensors;
    const shape = sizes(qconv2d.infer(tensors, attrs, "qconv2d").y!.shape);
    const window = packedWindow(weight!, attrs);
    const [ic, oc] = [x!.shape[3]! / attrs.groups, shape[3]!];
    const packing = packingOf(oc, ic, attrs.groups);
    const w = centeredWeights(tensors, packing);
    const taps = numel(window.kernel);
    const values = centered(tensors);
    const sums = allocate("i32", numel(shape));
    forEachTap(x!.shape, shape, window, (pixel, from, tap) => {
      for (let o = 0; o < oc; o++) {
        const first = from + Math.floor(o / packing.ocGroup) * ic;
        const at = (o * taps + tap) * ic;
        let sum = 0;
        for (let i = 0; i < ic; i++) sum = (sum + values[first + i]! * w[at + i]!) | 0;
        sums[pixel * oc + o]! += sum;
      }
    });
    return { y: requantizeSums(sums, shape, tensors, attrs) };
  },

  kernel(types, attrs, device) {
    const { x, weight } = types;
    const y = qconv2d.infer(types, attrs, "qconv2d").y!;
    const shape = { x: sizes(x!.shape), y: sizes(y.shape), window: packedWindow(weight!, attrs), groups: attrs.groups };
    return qconv2dVariants(shape, types, attrs, device);
  },
};

/** The integer form of a conv2d: stride, padding, dilation, groups and activation are taken over. */
export function lowerConv2d(b: Emitter, node: NodeView, q: Lowering): Quantized {
  const { stride, padding, dilation = [1, 1], groups = 1, activation } = node.attrs as Partial<Qconv2dAttrs>;
  const inputs = lowerWeighted(b, `conv2d "${node.name}"`, node, q, groups);
  const attrs = { stride, padding, dilation, groups, ...requantizeAttrs(activation!, q.rounding, q.output) };
  return quantized(b.emit(qconv2d, inputs as Record<string, Value>, attrs, node.name).y!, q.output);
}

/**
 * Kernel plans; qlinear's, too, which is a convolution of 1 x 1 images. All give the same bits, for they differ in the
 * order of exact sums alone, so the choice is a matter of speed.
 */
export function qconv2dVariants(shape: ConvolutionShape, types: Types, attrs: RequantizeAttrs, device: DeviceInfo): readonly Variant[] {
  const layer = { shape, types, attrs, device };
  if (packing(shape).depthwise) return depthwiseVariants(layer);
  return [...patchVariants(layer), ...productVariants(layer, { x: "x", weight: "weight" })];
}

function productVariants(layer: Layer, names: { readonly x: string; readonly weight: string }): readonly Variant[] {
  const { shape, types, attrs, device } = layer;
  const { oc, ocGroup, icGroup, words } = packing(shape);
  const geometry = geometryOf(shape);
  const { pixels } = geometry;
  const params = { ...geometry, words, oc, ocGroup, icGroup, ...requantizeParams(attrs) };
  const constants = productConstants(types, attrs);
  const tiles = ceilDiv(pixels, 64) * ceilDiv(oc, 64);
  const grouped = shape.groups > 1;
  const taps = numel(shape.window.kernel);
  const variant = (name: string, when: boolean, call: Pick<KernelCall, "shader" | "workgroups"> & Partial<KernelCall>): Variant => {
    const product = {
      params,
      ...call,
      constants: { ...constants, ...call.constants },
      bindings: { ...names, ...productBindings(types, "sums") },
    };
    if (!types.weightZeroPoint) return { name, when, calls: [product] };
    const count = pixels * shape.groups + oc;
    const sums = {
      shader: sumsShader,
      constants: { FLIP: constants.FLIP },
      params: { ...geometry, oc, ocGroup, icGroup },
      bindings: { x: names.x },
      workgroups: dispatch1d(count, 64, device),
    };
    return { name, when, scratch: { sums: i32([count]) }, calls: [sums, product] };
  };
  return [
    // SwiftShader emulates the packed dot product and shifts lane by lane: f32 is more than twice as fast there.
    ...floatTiles(pixels, oc, words, taps, grouped).map(({ pixels: PIXELS, quads: QUADS, when = true }) => {
      // Small workgroups keep a CPU's cores evenly busy.
      const THREADS = device.software ? 4 : 32;
      const PAIRS = words % 2 === 0 && QUADS !== 2; // the narrow tile gains nothing by them
      return variant(`float ${PIXELS}x${QUADS * 4}`, when && (device.software || !device.dot4), {
        shader: float,
        constants: { PIXELS, QUADS, PAIRS, THREADS, deep: taps * words > 256 },
        workgroups: dispatch1d(ceilDiv(pixels, PIXELS) * ceilDiv(oc, 4 * QUADS), THREADS, device),
      });
    }),
    // In fewer tiles most of a GPU would idle; smaller pieces spread better.
    variant(
      "dot4 tiles",
      !device.software && device.dot4 && !grouped && tiles >= 4 && device.limits.maxComputeInvocationsPerWorkgroup >= 256,
      { shader: tileShader, workgroups: dispatch1d(tiles, 1, device) },
    ),
    variant("dot4 4x4", true, { shader: registers, workgroups: dispatch1d(ceilDiv(pixels, 4) * ceilDiv(oc, 4), 64, device) }),
  ];
}

interface FloatTile {
  /** Pixels and fours of output channels of a thread. */
  readonly pixels: number;
  readonly quads: number;
  readonly when?: boolean;
}

/**
 * Tiles of qconv2dFloat.wgsl, best first. The wide one lives on pairs of words and takes longer to compile, which pays from some
 * million multiply-adds on, and where its channels are filled.
 */
function floatTiles(pixels: number, oc: number, words: number, taps: number, grouped: boolean): readonly FloatTile[] {
  const quads = ceilDiv(oc, 4);
  const filled = words % 2 === 0 && ceilDiv(quads, 4) * 4 <= 1.3 * quads;
  return [
    { pixels: 1, quads: 1, when: pixels <= 4 },
    ...(grouped
      ? [{ pixels: 8, quads: 1 }]
      : [
          { pixels: 12, quads: 4, when: filled && pixels * quads * taps * words * 16 >= WIDE_WORK },
          { pixels: 8, quads: 2 },
        ]),
  ];
}

/**
 * With 1, 2 or 3 input channels most lanes of a word would be padding. So the windows are written out as rows in which
 * taps share words, the weights alike, and what remains is a matrix product.
 */
function patchVariants(layer: Layer): readonly Variant[] {
  const { shape, device } = layer;
  const params = geometryOf(shape);
  const [taps, ic, oc, pixels] = [numel(shape.window.kernel), shape.x[3]!, shape.y[3]!, params.pixels];
  const depth = taps * ic;
  const scratch = { patches: i8([pixels, depth]), flat: i8([ceilDiv(oc, 4), ceilDiv(depth, 4), 4, 4]) };
  const fits = storageBytes(scratch.patches) <= device.limits.maxStorageBufferBindingSize;
  if (shape.groups > 1 || ic > 3 || taps === 1 || !fits) return [];
  const words = storageWords(scratch.flat);
  const window = { kernel: [1, 1], stride: [1, 1], padding: [0, 0, 0, 0] };
  const product = { x: [pixels, 1, 1, depth], y: [pixels, 1, 1, oc], window, groups: 1 };
  return productVariants({ ...layer, shape: product }, { x: "patches", weight: "flat" }).map((v) => ({
    ...v,
    name: `${v.name} of patches`,
    scratch: { ...scratch, ...v.scratch },
    calls: [
      { shader: patchesShader, constants: { ic }, params, workgroups: dispatch1d(pixels, 64, device) },
      { shader: flattenShader, params: { words, taps, ic }, workgroups: dispatch1d(words, 64, device) },
      ...v.calls,
    ],
  }));
}
