/**
 * The gradient of conv2d in its input: dx[n, iy, ix, g*icg + i] = sum over the o of group g and the taps (ky, kx) with
 * iy = oy*sh - top + ky*dh and ix = ox*sw - left + kx*dw of dy[n, oy, ox, o] * weight[o, ky, kx, i]. dy f32 [n, oh, ow, oc],
 * weight [oc, kh, kw, icg], dx [n, h, w, ic] with [h, w] = inputSize, ic = icg * groups. The reference sums in f64 and rounds
 * once.
 */
import { expectDType, expectRank, expectShape, fixedDim } from "./check.ts";
import { convolve, type Target } from "./convolve.ts";
import { padded } from "./convolvePad.ts";
import { convolveGroups, groupSteps } from "./convolveGroups.ts";
import { expectGroups } from "./groups.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import type { OpDef } from "./op.ts";
import { sizes, type TensorType } from "../tensor/index.ts";
import { conv2dWindow, expectList, forEachTap, windowOutput } from "./window.ts";

export type Conv2dBackwardInputAttrs = {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  /** [h, w] of the convolution's input. */
  readonly inputSize: readonly number[];
};

export const conv2dBackwardInput: OpDef<Conv2dBackwardInputAttrs> = {
  name: "conv2dBackwardInput",
  inputs: ["dy", "weight"],
  outputs: ["dx"],
  quantization: "float",
  defaults: { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 },

  infer(types, attrs, where) {
    const { dy, weight } = types as Record<string, TensorType>;
    expectDType(where, "dy", dy!, "f32");
    expectDType(where, "weight", weight!, "f32");
    expectRank(where, "dy", dy!, 4, "[n, oh, ow, oc]");
    expectRank(where, "weight", weight!, 4, "[oc, kh, kw, ic / groups]");
    const [oc, icg] = [fixedDim(where, "weight", weight!, 0), fixedDim(where, "weight", weight!, 3)];
    expectGroups(where, attrs.groups, icg * attrs.groups, oc);
    expectList(where, "inputSize", attrs.inputSize, "height, width", 1);
    const dx: TensorType = { dtype: "f32", shape: [dy!.shape[0]!, ...attrs.inputSize, icg * attrs.groups] };
    const [oh, ow] = windowOutput(where, dx, conv2dWindow(weight!, attrs));
    expectShape(where, "dy", dy!, [dy!.shape[0]!, oh, ow, oc], "must have the shape of the convolution's output");
    return { dx };
  },

  reference(t, attrs) {
    const [oc, kh, kw, icg] = t.weight!.shape as [number, number, number, number];
    const shape = [t.dy!.shape[0]!, ...attrs.inputSize, icg * attrs.groups];
    const [g, w, sums] = [f32Data(t.dy), f32Data(t.weight), f64Zeros(shape)];
    const stride = kh * kw * icg;
    const ocg = oc / attrs.groups;
    forEachTap(shape, sizes(t.dy!.shape), conv2dWindow(t.weight!, attrs), (pixel, to, tap) => {
      for (let o = 0, k = tap * icg; o < oc; o++, k += stride) {
        const group = to + Math.floor(o / ocg) * icg;
        const d = g[pixel * oc + o]!;
        for (let i = 0; i < icg; i++) sums[group + i]! += d * w[k + i]!;
      }
    });
    return { dx: rounded(shape, sums) };
  },

  kernel({ dy, weight }, attrs, device) {
    const size = sizes(dy!.shape);
    const [oc, kh, kw, icg] = sizes(weight!.shape) as [number, number, number, number];
    const ic = icg * attrs.groups;
    const [h, w] = attrs.inputSize as [number, number];
    const axis = (a: 0 | 1): Phases =>
      phases(attrs.inputSize[a]!, size[a + 1]!, a === 0 ? kh : kw, attrs.stride[a]!, attrs.dilation[a]!, attrs.padding[2 * a]!);
    const [vertical, horizontal] = [axis(0), axis(1)];
    const targets = vertical.phases.flatMap((y) =>
      horizontal.phases.map((x): Target => ({
        // The taps of a phase, last one first.
        taps: {
          rows: y.taps,
          columns: x.taps,
          start: ((y.first + (y.taps - 1) * vertical.tapStep) * kw + x.first + (x.taps - 1) * horizontal.tapStep) * icg,
          rowStep: -vertical.tapStep * kw * icg,
          columnStep: -horizontal.tapStep * icg,
        },
        pixels: [size[0]!, y.count, x.count],
        from: [y.from, x.from],
        step: [1, 1],
        spread: [vertical.spread, horizontal.spread],
        y: {
          image: h * w * ic,
          row: attrs.stride[0]! * w * ic,
          column: attrs.stride[1]! * ic,
          start: (y.to * w + x.to) * ic,
        },
      })),
    );
    if (attrs.groups > 1)
      return convolveGroups({ input: "dy", size, ...groupSteps(weight!, attrs.groups, true), targets, output: "dx" }, device);
    const { before, after } = vertical;
    const inGrid = (t: Target): Target => ({ ...t, from: [t.from[0] + before, t.from[1] + horizontal.before] });
    return convolve(
      {
        grid: padded("dy", size, [before, after, horizontal.before, horizontal.after], "grid", device),
        weight: "weight",
        channels: { inChannels: oc, outChannels: ic, inStep: kh * kw * ic, outStep: 1 },
        targets: targets.map(inGrid),
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
  /** First input pixel, how many, and the dy pixel where the window of the first begins, which may be negative. */
  readonly to: number;
  readonly count: number;
  readonly from: number;
}

interface Phases {
  readonly phases: readonly Phase[];
  /** Steps from a tap of a phase to the next, in taps and in pixels of dy. */
  readonly tapStep: number;
  readonly spread: number;
  /** Pixels that the windows reach over dy's ends. */
  readonly before: number;
  readonly after: number;
}

/**
 * One axis of the gradient as convolutions of dy with stride 1. Input pixel i gets contributions from the taps k with
 * (i + padding - k * dilation) % stride == 0 only: for each remainder r of i + padding one phase, its taps k = first, first +
 * tapStep, ... with k * dilation % stride == r (none, if no tap has that remainder). With i + padding = stride * t + r,
 * dx[i] = sum over j of dy[t - (first * dilation - r) / stride - j * spread] * weight[first + tapStep * j].
 */
function phases(input: number, output: number, kernel: number, stride: number, dilation: number, padding: number): Phases {
  const taps = Array.from({ length: kernel }, (_, k) => k);
  const remainders = Math.min(stride, input + padding);
  const tapStep = taps.slice(1).find((k) => (k * dilation) % stride === 0) ?? stride;
  const spread = Math.max(1, (tapStep * dilation) / stride);
  const all = Array.from({ length: remainders }, (_, r): Phase => {
    const hits = taps.filter((k) => (k * dilation) % stride === r);
    const first = hits[0] ?? 0;
    const t = Math.max(0, Math.ceil((padding - r) / stride));
    const to = stride * t + r - padding;
    const behind = hits.length === 0 ? 0 : (first * dilation - r) / stride + (hits.length - 1) * spread;
    return { first, taps: hits.length, to, count: to < input ? Math.ceil((input - to) / stride) : 0, from: t - behind };
  }).filter((p) => p.count > 0);
  const before = Math.max(0, ...all.map((p) => -p.from));
  const after = Math.max(0, ...all.map((p) => p.from + p.count + Math.max(0, p.taps - 1) * spread - output));
  return { phases: all, tapStep, spread, before, after };
}
