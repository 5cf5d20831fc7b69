/**
 * y[n, oy, ox, o] = act(bias[o] + sum over ky, kx, i of x[n, oy*sh - top + ky*dh, ox*sw - left + kx*dw, g*icg + i] *
 * weight[o, ky, kx, i]), with zeros outside the image; icg = ic / groups channels of x in the group g = floor(o * groups / oc).
 * x f32 [n, h, w, ic], weight [oc, kh, kw, icg], bias [oc], y [n, oh, ow, oc]; padding is [top, bottom, left, right]. A
 * cross-correlation, as in PyTorch's conv2d. The reference sums in f64 and rounds once.
 */
import { ShapeError } from "../errors.ts";
import { activate, activationCode, activationGrad, expectActivation } from "./activation.ts";
import { expectDType, expectRank, expectShape, fixedDim } from "./check.ts";
import { conv2dBackwardInput } from "./conv2dBackwardInput.ts";
import { conv2dBackwardWeight } from "./conv2dBackwardWeight.ts";
import { convolve } from "./convolve.ts";
import { columns, fewChannels } from "./convolveColumns.ts";
import { padded } from "./convolvePad.ts";
import { convolveGroups, groupSteps } from "./convolveGroups.ts";
import { expectGroups } from "./groups.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import type { OpDef, Types } from "./op.ts";
import { sumToSize } from "./sumToSize.ts";
import { formatType, sizes, type TensorType } from "../tensor/index.ts";
import { conv2dWindow, forEachTap, windowOutput } from "./window.ts";
import { lowerConv2d } from "./qconv2d.ts";

export type Conv2dAttrs = {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly activation: string;
};

export const conv2dDefaults: Conv2dAttrs = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1, activation: "none" };

/**
 * Type of y for x [n, h, w, ic], weight [oc, kh, kw, ic / groups] and bias [oc].
 * @throws ShapeError | DTypeError
 */
export function inferConv2d(types: Types, attrs: Conv2dAttrs, where: string): TensorType {
  const { x, weight, bias } = types as Record<string, TensorType>;
  expectDType(where, "x", x!, "f32");
  expectDType(where, "weight", weight!, "f32");
  expectRank(where, "x", x!, 4, "[n, h, w, c]");
  expectRank(where, "weight", weight!, 4, "[oc, kh, kw, ic / groups]");
  expectActivation(where, attrs.activation);
  const oc = fixedDim(where, "weight", weight!, 0);
  const channels = fixedDim(where, "x", x!, 3);
  expectGroups(where, attrs.groups, channels, oc);
  const expected = fixedDim(where, "weight", weight!, 3) * attrs.groups;
  if (channels !== expected)
    throw new ShapeError({
      code: "channel-mismatch",
      where,
      problem: `x has ${channels} channels, weight expects ${expected}`,
      expected: `weight [oc, kh, kw, ${channels / attrs.groups}]`,
      got: `x ${formatType(x!)} as [n, h, w, c], weight ${formatType(weight!)}`,
    });
  if (bias) {
    expectDType(where, "bias", bias, "f32");
    expectShape(where, "bias", bias, [oc], "must hold one value per output channel");
  }
  const [oh, ow] = windowOutput(where, x!, conv2dWindow(weight!, attrs));
  return { dtype: "f32", shape: [x!.shape[0]!, oh, ow, oc] };
}

const ONE_TAP = { rows: 1, columns: 1, start: 0, rowStep: 0, columnStep: 0 };

export const conv2d: OpDef<Conv2dAttrs> = {
  name: "conv2d",
  inputs: ["x", "weight", "bias?"],
  outputs: ["y"],
  quantization: "own",
  weights: ["weight"],
  absorbsActivation: true,
  defaults: conv2dDefaults,

  infer: (types, attrs, where) => ({ y: inferConv2d(types, attrs, where) }),

  reference(t, attrs) {
    const shape = inferConv2d(t, attrs, "conv2d").shape;
    const [oc, kh, kw, icg] = t.weight!.shape as [number, number, number, number];
    const [x, w, sums] = [f32Data(t.x), f32Data(t.weight), f64Zeros(shape)];
    const stride = kh * kw * icg;
    const ocg = oc / attrs.groups;
    if (t.bias) for (let i = 0; i < sums.length; i += oc) sums.set(f32Data(t.bias), i);
    forEachTap(t.x!.shape, sizes(shape), conv2dWindow(t.weight!, attrs), (pixel, from, tap) => {
      for (let o = 0, k = tap * icg; o < oc; o++, k += stride) {
        const group = from + Math.floor(o / ocg) * icg;
        let sum = 0;
        for (let i = 0; i < icg; i++) sum += x[group + i]! * w[k + i]!;
        sums[pixel * oc + o]! += sum;
      }
    });
    const y = rounded(shape, sums);
    activate(y.data, attrs.activation);
    return { y };
  },

  grad(b, { inputs, outputs, attrs }, grads) {
    if (!grads.y) return {};
    const { stride, padding, dilation, groups } = attrs;
    const window = { stride, padding, dilation, groups };
    const dy = activationGrad(b, attrs.activation, grads.y, outputs.y!);
    const [x, weight] = [b.type(inputs.x!), b.type(inputs.weight!)];
    return {
      x: b.emit(conv2dBackwardInput, { dy, weight: inputs.weight }, { ...window, inputSize: sizes(x.shape.slice(1, 3)) }).dx!,
      weight: b.emit(conv2dBackwardWeight, { x: inputs.x, dy }, { ...window, kernel: sizes(weight.shape.slice(1, 3)) }).dweight!,
      ...(inputs.bias && { bias: b.emit(sumToSize, { x: dy }, { shape: sizes(weight.shape.slice(0, 1)) }).y! }),
    };
  },

  lower: lowerConv2d,

  kernel({ x, weight, bias }, attrs, device) {
    const [size, [oc, kh, kw, ic]] = [sizes(x!.shape), sizes(weight!.shape) as [number, number, number, number]];
    const [, oh, ow] = sizes(inferConv2d({ x: x!, weight: weight! }, attrs, "conv2d").shape) as [number, number, number];
    const window = conv2dWindow(weight!, attrs);
    const [step, spread] = [attrs.stride as [number, number], attrs.dilation as [number, number]];
    const y = { image: oh * ow * oc, row: ow * oc, column: oc, start: 0 };
    const taps = { rows: kh, columns: kw, start: 0, rowStep: kw * ic, columnStep: ic };
    const rest = { bias: bias && "bias", activation: activationCode(attrs.activation), output: "y" };
    if (attrs.groups > 1) {
      const from = [-attrs.padding[0]!, -attrs.padding[2]!] as const;
      const targets = [{ taps, pixels: [size[0]!, oh, ow], from, step, spread, y }];
      const grouped = { ...groupSteps(weight!, attrs.groups, false), targets, ...rest };
      return convolveGroups({ input: "x", size, ...grouped }, device);
    }
    const few = fewChannels(ic, window.kernel);
    return convolve(
      {
        grid: few ? columns("x", size, [oh, ow], window, "grid", device) : padded("x", size, attrs.padding, "grid", device),
        weight: "weight",
        channels: { inChannels: few ? kh * kw * ic : ic, outChannels: oc, inStep: 1, outStep: kh * kw * ic },
        targets: [
          {
            ...(few ? { taps: ONE_TAP, step: [1, 1] } : { taps, step, spread }),
            pixels: [size[0]!, oh, ow],
            from: [0, 0],
            y,
          },
        ],
        ...rest,
      },
      device,
    );
  },
};
