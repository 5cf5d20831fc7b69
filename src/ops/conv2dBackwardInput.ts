/**
 * The gradient of conv2d in its input: dx[n, iy, ix, i] = sum over o and the taps (ky, kx) with iy = oy*sh - top + ky and
 * ix = ox*sw - left + kx of dy[n, oy, ox, o] * weight[o, ky, kx, i]. dy f32 [n, oh, ow, oc], weight [oc, kh, kw, ic],
 * dx [n, h, w, ic] with [h, w] = inputSize. The reference sums in f64 and rounds once.
 */
import { expectDType, expectRank, expectShape, fixedDim } from "./check.ts";
import { convolve, padded, type Target } from "./convolve.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import type { OpDef } from "./op.ts";
import { sizes, type TensorType } from "../tensor/index.ts";
import { conv2dWindow, expectList, forEachTap, windowOutput } from "./window.ts";

export type Conv2dBackwardInputAttrs = {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  /** [h, w] of the convolution's input. */
  readonly inputSize: readonly number[];
};

export const conv2dBackwardInput: OpDef<Conv2dBackwardInputAttrs> = {
  name: "conv2dBackwardInput",
  inputs: ["dy", "weight"],
  outputs: ["dx"],
  quantization: "float",
  defaults: { stride: [1, 1], padding: [0, 0, 0, 0] },

  infer(types, attrs, where) {
    const { dy, weight } = types as Record<string, TensorType>;
    expectDType(where, "dy", dy!, "f32");
    expectDType(where, "weight", weight!, "f32");
    expectRank(where, "dy", dy!, 4, "[n, oh, ow, oc]");
    expectRank(where, "weight", weight!, 4, "[oc, kh, kw, ic]");
    expectList(where, "inputSize", attrs.inputSize, "height, width", 1);
    const dx: TensorType = { dtype: "f32", shape: [dy!.shape[0]!, ...attrs.inputSize, fixedDim(where, "weight", weight!, 3)] };
    const [oh, ow] = windowOutput(where, dx, conv2dWindow(weight!, attrs));
    expectShape(where, "dy", dy!, [dy!.shape[0]!, oh, ow, weight!.shape[0]!], "must have the shape of the convolution's output");
    return { dx };
  },

  reference(t, attrs) {
    const [oc, kh, kw, ic] = t.weight!.shape as [number, number, number, number];
    const shape = [t.dy!.shape[0]!, ...attrs.inputSize, ic];
    const [g, w, sums] = [f32Data(t.dy), f32Data(t.weight), f64Zeros(shape)];
    const stride = kh * kw * ic;
    forEachTap(shape, sizes(t.dy!.shape), conv2dWindow(t.weight!, attrs), (pixel, to, tap) => {
      for (let o = 0, k = tap * ic; o < oc; o++, k += stride) {
        const d = g[pixel * oc + o]!;
        for (let i = 0; i < ic; i++) sums[to + i]! += d * w[k + i]!;
      }
    });
    return { dx: rounded(shape, sums) };
  },

  kernel({ dy, weight }, attrs, device) {
    const size = sizes(dy!.shape);
    const [oc, kh, kw, ic] = sizes(weight!.shape) as [number, number, number, number];
    const [h, w] = attrs.inputSize as [number, number];
    const axes = [
      phases(h, size[1]!, kh, attrs.stride[0]!, attrs.padding[0]!),
      phases(w, size[2]!, kw, attrs.stride[1]!, attrs.padding[2]!),
    ] as const;
    const targets = axes[0].phases.flatMap((y) =>
      axes[1].phases.map((x): Target => ({
        // The taps of a phase, last one first.
        taps: {
          rows: y.taps,
          columns: x.taps,
          start: ((y.first + (y.taps - 1) * attrs.stride[0]!) * kw + x.first + (x.taps - 1) * attrs.stride[1]!) * ic,
          rowStep: -attrs.stride[0]! * kw * ic,
          columnStep: -attrs.stride[1]! * ic,
        },
        pixels: [size[0]!, y.count, x.count],
        from: [y.from, x.from],
        step: [1, 1],
        y: {
          image: h * w * ic,
          row: attrs.stride[0]! * w * ic,
          column: attrs.stride[1]! * ic,
          start: (y.to * w + x.to) * ic,
        },
      })),
    );
    return convolve(
      {
        grid: padded("dy", size, [axes[0].before, axes[0].after, axes[1].before, axes[1].after], "grid", device),
        weight: "weight",
        channels: { inChannels: oc, outChannels: ic, inStep: kh * kw * ic, outStep: 1 },
        targets,
        output: "dx",
      },
      device,
    );
  },
};

interface Phase {
  /** First tap, and how many. */
  readonly first: number;
  readonly taps: number;
  /** First input pixel, how many, and the padded dy pixel where the window of the first begins. */
  readonly to: number;
  readonly count: number;
  readonly from: number;
}

/**
 * One axis of the gradient as convolutions of dy with stride 1. Input pixel i gets contributions from the taps k with
 * (i + before - k) % stride == 0 only: for each remainder of i + before one phase, its taps k = first, first + stride, ...
 * With i + before = stride * t + first, dx[i] = sum over j of dy[t - j] * weight[first + stride * j].
 */
function phases(
  input: number,
  output: number,
  kernel: number,
  stride: number,
  padding: number,
): { readonly phases: readonly Phase[]; readonly before: number; readonly after: number } {
  const plain = Array.from({ length: Math.min(stride, input + padding) }, (_, first) => {
    const taps = first < kernel ? Math.ceil((kernel - first) / stride) : 0;
    const t = Math.max(0, Math.ceil((padding - first) / stride));
    const to = stride * t + first - padding;
    return { first, taps, to, count: to < input ? Math.ceil((input - to) / stride) : 0, start: t - Math.max(1, taps) + 1 };
  }).filter((p) => p.count > 0);
  const before = Math.max(0, ...plain.map((p) => -p.start));
  const after = Math.max(0, ...plain.map((p) => p.start + p.count + Math.max(1, p.taps) - 1 - output));
  return { phases: plain.map(({ start, ...p }) => ({ ...p, from: start + before })), before, after };
}
