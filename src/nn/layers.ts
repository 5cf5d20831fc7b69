/** The layers: PyTorch's names, defaults and initial values; images are NHWC. */
import { UsageError } from "../errors.ts";
import { conv2d as conv2dOp } from "../ops/conv2d.ts";
import { flatten as flattenOp } from "../ops/flatten.ts";
import { linear as linearOp } from "../ops/linear.ts";
import { maxPool2d as maxPool2dOp } from "../ops/maxPool2d.ts";
import { define, type Module } from "./module.ts";

/** One number for both axes, or [height, width]. */
export type Pair = number | readonly [number, number];
/** One number for all sides, [height, width], or [top, bottom, left, right]. */
export type Padding = Pair | readonly [number, number, number, number];

const pair = (p: Pair): readonly number[] => (typeof p === "number" ? [p, p] : p);

function sides(p: Padding): readonly number[] {
  if (typeof p === "number") return [p, p, p, p];
  return p.length === 2 ? [p[0], p[0], p[1], p[1]] : p;
}

function expectSizes(layer: string, sizes: Readonly<Record<string, readonly number[]>>, min: number): void {
  for (const [what, values] of Object.entries(sizes))
    for (const value of values)
      if (!Number.isSafeInteger(value) || value < min)
        throw new UsageError({
          code: "bad-size",
          where: layer,
          problem: `${what} must be a whole number`,
          expected: `at least ${min}`,
          got: String(value),
        });
}

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
  readonly bias?: boolean;
}

/** x [n, h, w, inChannels] -> [n, oh, ow, outChannels]. Parameters: weight [out, kh, kw, in], bias [out]. */
export function conv2d(inChannels: number, outChannels: number, { kernel, stride = 1, padding = 0, bias = true }: Conv2dOptions): Module {
  const size = pair(kernel);
  expectSizes("nn.conv2d", { inChannels: [inChannels], outChannels: [outChannels], kernel: size, stride: pair(stride) }, 1);
  expectSizes("nn.conv2d", { padding: sides(padding) }, 0);
  const initial = uniform(inChannels * size[0]! * size[1]!);
  return define((scope) => {
    const weight = scope.parameter("weight", [outChannels, ...size, inChannels], initial);
    const b = bias ? scope.parameter("bias", [outChannels], initial) : undefined;
    return (x) => scope.emit(conv2dOp, { x, weight, bias: b }, { stride: pair(stride), padding: sides(padding) });
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

/** The maximum of each window; the stride is the kernel unless given. */
export function maxPool2d(
  kernel: Pair,
  { stride = kernel, padding = 0 }: { readonly stride?: Pair; readonly padding?: Padding } = {},
): Module {
  expectSizes("nn.maxPool2d", { kernel: pair(kernel), stride: pair(stride) }, 1);
  expectSizes("nn.maxPool2d", { padding: sides(padding) }, 0);
  return define((scope) => (x) => scope.emit(maxPool2dOp, { x }, { kernel: pair(kernel), stride: pair(stride), padding: sides(padding) }));
}

/** [n, ...] -> [n, product of the rest]. */
export const flatten = (): Module => define((scope) => (x) => scope.emit(flattenOp, { x }));
