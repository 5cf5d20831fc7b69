/**
 * Kernel plans of convolutions with groups: forward and gradient in the input, which is the same with the channels' roles
 * exchanged, and gradient in the weight. Depthwise convolutions (one channel a group) take 4 groups at once; groups of a
 * multiple of 4 channels take 4 channels of a group at once; any other one at a time.
 */
import shader from "../../shaders/convolveGroups.wgsl";
import blocksShader from "../../shaders/convolveGroupsBlocks.wgsl";
import depthwiseShader from "../../shaders/convolveGroupsDepthwise.wgsl";
import stripsShader from "../../shaders/convolveGroupsStrips.wgsl";
import strips2Shader from "../../shaders/convolveGroupsStrips2.wgsl";
import weightShader from "../../shaders/convolveGroupsWeight.wgsl";
import weightBlocksShader from "../../shaders/convolveGroupsWeightBlocks.wgsl";
import weightDepthwiseShader from "../../shaders/convolveGroupsWeightDepthwise.wgsl";
import type { Target } from "./convolve.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, KernelCall, Shader, Variant } from "./op.ts";
import { sumAxis } from "./sumToSize.ts";
import { f32, numel, sizes, type TensorType } from "../tensor/index.ts";
import type { Window } from "./window.ts";

/** A way to lay threads on channels. */
interface Lanes {
  readonly name: string;
  readonly shader: Shader;
  readonly weightShader: Shader;
  /** Channels of a lane: of y, in the gradient of the weight of x. */
  readonly wide: number;
  /** Channels that are read of the other image at once: of x, in the gradient of the weight of dy. */
  readonly other: number;
}

const DEPTHWISE: Lanes = { name: "depthwise", shader: depthwiseShader, weightShader: weightDepthwiseShader, wide: 4, other: 4 };
const BLOCKS: Lanes = { name: "blocks of 4", shader: blocksShader, weightShader: weightBlocksShader, wide: 4, other: 1 };
const SINGLE: Lanes = { name: "channels", shader, weightShader, wide: 1, other: 1 };

/** Whether 4 groups of one channel each can be taken at once. */
const isDepthwise = (groups: number, perGroup: number, fan: number): boolean => perGroup === 1 && fan === 1 && groups % 4 === 0;

export interface GroupedConvolution {
  readonly input: string;
  /** [n, h, w, c] */
  readonly size: readonly number[];
  readonly output: string;
  readonly groups: number;
  /** Channels of the output and of the input in a group. */
  readonly perGroup: number;
  readonly fan: number;
  /** Steps in the weight from one of these to the next, and from group to group. */
  readonly outStep: number;
  readonly inStep: number;
  readonly groupStep: number;
  /** `from` in pixels of the input as it is: negative in the padding. */
  readonly targets: readonly Target[];
  readonly bias?: string | undefined;
  /** See activationCode. */
  readonly activation?: number;
}

/** How a weight [oc, kh, kw, ic / groups] lies in groups, for its convolution or (`transposed`) the gradient in the input. */
export function groupSteps(
  weight: TensorType,
  groups: number,
  transposed: boolean,
): Pick<GroupedConvolution, "groups" | "perGroup" | "fan" | "outStep" | "inStep" | "groupStep"> {
  const [oc, kh, kw, icg] = sizes(weight.shape) as [number, number, number, number];
  const [ocg, filter] = [oc / groups, kh * kw * icg];
  const groupStep = ocg * filter;
  return transposed
    ? { groups, perGroup: icg, fan: ocg, outStep: 1, inStep: filter, groupStep }
    : { groups, perGroup: ocg, fan: icg, outStep: filter, inStep: 1, groupStep };
}

/** Pixels of a row that a thread takes; see shaders/lib/convolveGroups.wgsl. */
const PIXELS = 8;

/** Threads that keep a CPU's cores evenly busy, and a GPU. */
const SOFTWARE_THREADS = 512;
const GPU_THREADS = 16384;

/** Whether a depthwise convolution is the one that lib/convolveStrips.wgsl is for: 3 x 3 taps, side by side, stride 1 or 2. */
const hasStrips = ({ taps, pixels, step, spread = [1, 1], y }: Target): boolean =>
  taps.rows === 3 &&
  taps.columns === 3 &&
  spread.every((s) => s === 1) &&
  step[0] === step[1] &&
  step[0] <= 2 &&
  y.start === 0 &&
  y.row === pixels[2]! * y.column;

/** 4 pixels of a row a thread, which walks down the rows; the more threads there are anyway, the further. */
function strips(c: GroupedConvolution, device: DeviceInfo): Variant {
  const [, inHeight, inWidth, channels] = c.size as [number, number, number, number];
  const lanes = channels / 4;
  const calls = c.targets.map(({ taps, pixels, from, step }): KernelCall => {
    const [n, height, width] = pixels as [number, number, number];
    const across = ceilDiv(width, 4);
    const wanted = ceilDiv(device.software ? SOFTWARE_THREADS : GPU_THREADS, n * across * lanes);
    const partRows = Math.max(1, ceilDiv(height, wanted));
    const parts = ceilDiv(height, partRows);
    const threads = n * parts * across * lanes;
    return {
      shader: step[0] === 1 ? stripsShader : strips2Shader,
      params: {
        threads,
        lanes,
        strips: across,
        parts,
        partRows,
        height,
        width,
        inHeight,
        inWidth,
        top: -from[0],
        left: -from[1],
        weightStart: taps.start,
        weightRow: taps.rowStep,
        weightColumn: taps.columnStep,
        hasBias: Number(c.bias !== undefined),
        activation: c.activation ?? 0,
      },
      bindings: { x: c.input, bias: c.bias ?? "weight", y: c.output },
      workgroups: dispatch1d(threads, 64, device),
    };
  });
  return { name: "depthwise strips", calls };
}

/** The variants of a convolution with groups, whose weight is the input `weight`. */
export function convolveGroups(c: GroupedConvolution, device: DeviceInfo): readonly Variant[] {
  // An empty tensor's buffer is smaller than one vec4.
  const full = numel(c.size) > 0;
  const depthwise = full && isDepthwise(c.groups, c.perGroup, c.fan);
  return [
    { when: depthwise && c.targets.every(hasStrips), ...strips(c, device) },
    { when: depthwise, ...plan(c, DEPTHWISE, device) },
    { when: full && c.perGroup % 4 === 0, ...plan(c, BLOCKS, device) },
    plan(c, SINGLE, device),
  ];
}

function plan(c: GroupedConvolution, lanes: Lanes, device: DeviceInfo): Variant {
  const [, inHeight, inWidth, channels] = c.size as [number, number, number, number];
  // A lane of a depthwise convolution is 4 groups, otherwise it lies within one.
  const across = lanes.other > 1;
  const groupLanes = across ? 1 : c.perGroup / lanes.wide;
  const outLanes = (c.groups * c.perGroup) / lanes.wide;
  const calls = c.targets.flatMap(({ taps, pixels, from, step, spread = [1, 1], y }): KernelCall[] => {
    const [n, height, width] = pixels as [number, number, number];
    const blocks = ceilDiv(width, PIXELS);
    const threads = n * height * blocks * outLanes;
    if (threads === 0) return [];
    return [
      {
        shader: lanes.shader,
        params: {
          threads,
          lanes: outLanes,
          inLanes: channels / lanes.other,
          blocks,
          width,
          height,
          inHeight,
          inWidth,
          fromY: from[0],
          fromX: from[1],
          stepY: step[0],
          stepX: step[1],
          tapY: spread[0],
          tapX: spread[1],
          tapRows: taps.rows,
          tapColumns: taps.columns,
          groupLanes,
          fan: c.fan,
          weightStart: taps.start,
          weightGroup: across ? c.groupStep * lanes.wide : c.groupStep,
          weightOut: c.outStep * lanes.wide,
          weightIn: c.inStep,
          weightRow: taps.rowStep,
          weightColumn: taps.columnStep,
          yImage: y.image / lanes.wide,
          yRow: y.row / lanes.wide,
          yColumn: y.column / lanes.wide,
          yStart: y.start / lanes.wide,
          hasBias: Number(c.bias !== undefined),
          activation: c.activation ?? 0,
        },
        // Without a bias something must be bound; it is not read.
        bindings: { x: c.input, bias: c.bias ?? "weight", y: c.output },
        workgroups: dispatch1d(threads, 64, device),
      },
    ];
  });
  return { name: lanes.name, calls };
}

/** Taps of a thread in each direction; see shaders/lib/convolveGroupsWeight.wgsl. */
const BLOCK = 3;

/** The variants that write dweight [oc, kh, kw, ic / groups] from x and dy, images of these sizes: partial sums, then their sum. */
export function groupedWeightGradient(
  size: readonly number[],
  output: readonly number[],
  window: Window,
  groups: number,
  device: DeviceInfo,
): readonly Variant[] {
  const variant = (lanes: Lanes): Variant => weightPlan(size, output, window, groups, lanes, device);
  const [inGroup, outGroup] = [size[3]! / groups, output[3]! / groups];
  const full = numel(size) > 0;
  return [
    { when: full && isDepthwise(groups, outGroup, inGroup), ...variant(DEPTHWISE) },
    { when: full && inGroup % 4 === 0, ...variant(BLOCKS) },
    variant(SINGLE),
  ];
}

function weightPlan(
  size: readonly number[],
  output: readonly number[],
  { kernel, stride, padding, dilation = [1, 1] }: Window,
  groups: number,
  lanes: Lanes,
  device: DeviceInfo,
): Variant {
  const [, inHeight, inWidth, ic] = size as [number, number, number, number];
  const [n, height, width, oc] = output as [number, number, number, number];
  const taps = numel(kernel);
  const perGroup = ic / groups;
  const across = lanes.other > 1;
  // dy is read as many channels at once as x only where both walk through groups.
  const inGroup = across ? 1 : perGroup / lanes.wide;
  const outLanes = across ? oc / lanes.wide : oc;
  const pairs = outLanes * inGroup;
  const blockColumns = ceilDiv(kernel[1]!, BLOCK);
  const blocks = ceilDiv(kernel[0]!, BLOCK) * blockColumns;
  const rows = n * height;
  const partRows = Math.max(1, ceilDiv(rows, ceilDiv(device.software ? SOFTWARE_THREADS : GPU_THREADS, pairs * blocks)));
  const parts = Math.max(1, ceilDiv(rows, partRows));
  const weights = oc * taps * perGroup;
  const partial = parts === 1 ? "dweight" : "partial";
  const products: KernelCall = {
    shader: lanes.weightShader,
    constants: { RETAINED: stride[1] === dilation[1] ? 2 : stride[1] === 2 * dilation[1]! ? 1 : 0 },
    params: {
      threads: parts * blocks * pairs,
      lanes: pairs,
      inLanes: ic / lanes.wide,
      outLanes,
      inGroup,
      outGroup: across ? 1 : oc / groups,
      blocks,
      blockColumns,
      rows,
      partRows,
      height,
      width,
      inHeight,
      inWidth,
      top: padding[0]!,
      left: padding[2]!,
      strideY: stride[0]!,
      strideX: stride[1]!,
      dilationY: dilation[0]!,
      dilationX: dilation[1]!,
      kernelY: kernel[0]!,
      kernelX: kernel[1]!,
      weights,
      weightOut: across ? taps * lanes.wide : taps * perGroup,
      weightIn: across ? 0 : lanes.wide,
      weightTap: across ? 1 : perGroup,
    },
    bindings: { y: partial },
    workgroups: dispatch1d(parts * blocks * pairs, 64, device),
  };
  if (parts === 1) return { name: lanes.name, calls: [products] };
  const sum = sumAxis("partial", [parts, weights], 0, "dweight", device);
  return { name: lanes.name, scratch: { partial: f32([parts, weights]), ...sum.scratch }, calls: [products, ...sum.calls] };
}
