/** The layers with weights: PyTorch's names, defaults and initial values; images are NHWC. */
import { conv2d as conv2dOp } from "../ops/conv2d.ts";
import { linear as linearOp } from "../ops/linear.ts";
import { define, type Module } from "./module.ts";
import { expectSizes, refuse, windowAttrs, type Padding, type Pair } from "./sizes.ts";

/** Uniform in ±1 / sqrt(fanIn): PyTorch's default for weights (Kaiming with a = sqrt(5)) and for biases. */
const uniform =
  (fanIn: number) =>
  (random: { uniform(low: number, high: number): number }): number => {
    const bound = 1 / Math.sqrt(fanIn);
    return random.uniform(-bound, bound);
  };

export interface Conv2dOptions {
  readonly kernel: Pair;
  readonly stride?: Pair;
  readonly padding?: Padding;
  readonly dilation?: Pair;
  /** Output channels of a group see the input channels of their group alone; as many groups as channels: depthwise. */
  readonly groups?: number;
  readonly bias?: boolean;
}

/** x [n, h, w, inChannels] -> [n, oh, ow, outChannels]. Parameters: weight [out, kh, kw, in / groups], bias [out]. */
export function conv2d(
  inChannels: number,
  outChannels: number,
  { kernel, stride = 1, padding = 0, dilation = 1, groups = 1, bias = true }: Conv2dOptions,
): Module {
  expectSizes("nn.conv2d", { inChannels: [inChannels], outChannels: [outChannels], groups: [groups] }, 1);
  if (inChannels % groups !== 0 || outChannels % groups !== 0)
    refuse("nn.conv2d", "groups must divide the channels", `a divisor of ${inChannels} and of ${outChannels}`, groups);
  const { kernel: size, ...window } = windowAttrs("nn.conv2d", { kernel, stride, padding, dilation });
  const initial = uniform((inChannels / groups) * size[0]! * size[1]!);
  return define((scope) => {
    const weight = scope.parameter("weight", [outChannels, ...size, inChannels / groups], initial);
    const b = bias ? scope.parameter("bias", [outChannels], initial) : undefined;
    return (x) => scope.emit(conv2dOp, { x, weight, bias: b }, { ...window, groups });
  });
}

/** x [..., inFeatures] -> [..., outFeatures]. Parameters: weight [out, in], bias [out]. */
export function linear(inFeatures: number, outFeatures: number, { bias = true }: { readonly bias?: boolean } = {}): Module {
  expectSizes("nn.linear", { inFeatures: [inFeatures], outFeatures: [outFeatures] }, 1);
  const initial = uniform(inFeatures);
  return define((scope) => {
    const weight = scope.parameter("weight", [outFeatures, inFeatures], initial);
    const b = bias ? scope.parameter("bias", [outFeatures], initial) : undefined;
    return (x) => scope.emit(linearOp, { x, weight, bias: b });
  });
}
