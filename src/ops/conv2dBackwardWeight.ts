/**
 * The gradient of conv2d in its weight: dweight[o, ky, kx, i] = sum over n, oy, ox of
 * dy[n, oy, ox, o] * x[n, oy*sh - top + ky*dh, ox*sw - left + kx*dw, g*icg + i], zeros outside the image; g is the group of o.
 * x f32 [n, h, w, ic], dy [n, oh, ow, oc], dweight [oc, kh, kw, icg] with [kh, kw] = kernel, icg = ic / groups. The reference
 * sums in f64 and rounds once.
 */
import narrowShader from "../../shaders/conv2dBackwardWeightNarrow.wgsl";
import wideShader from "../../shaders/conv2dBackwardWeight.wgsl";
import { expectDType, expectRank, expectShape, fixedDim } from "./check.ts";
import { fillsWide, WIDE_WORK } from "./convolve.ts";
import { columns, fewChannels } from "./convolveColumns.ts";
import { padded, type Grid } from "./convolvePad.ts";
import { groupedWeightGradient } from "./convolveGroups.ts";
import { expectGroups } from "./groups.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, KernelCall, OpDef, Shader, Variant } from "./op.ts";
import { sumAxis } from "./sumToSize.ts";
import { f32, numel, sizes, type TensorType } from "../tensor/index.ts";
import { forEachTap, windowOutput } from "./window.ts";

export type Conv2dBackwardWeightAttrs = {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  /** [kh, kw] */
  readonly kernel: readonly number[];
};

export const conv2dBackwardWeight: OpDef<Conv2dBackwardWeightAttrs> = {
  name: "conv2dBackwardWeight",
  inputs: ["x", "dy"],
  outputs: ["dweight"],
  quantization: "float",
  defaults: { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 },

  infer(types, attrs, where) {
    const { x, dy } = types as Record<string, TensorType>;
    expectDType(where, "x", x!, "f32");
    expectDType(where, "dy", dy!, "f32");
    expectRank(where, "x", x!, 4, "[n, h, w, c]");
    expectRank(where, "dy", dy!, 4, "[n, oh, ow, oc]");
    const [oh, ow] = windowOutput(where, x!, attrs);
    const [ic, oc] = [fixedDim(where, "x", x!, 3), fixedDim(where, "dy", dy!, 3)];
    expectGroups(where, attrs.groups, ic, oc);
    expectShape(where, "dy", dy!, [x!.shape[0]!, oh, ow, oc], "must have the shape of the convolution's output");
    return { dweight: { dtype: "f32", shape: [oc, ...attrs.kernel, ic / attrs.groups] } };
  },

  reference(t, attrs) {
    const [oc, icg] = [t.dy!.shape[3]!, t.x!.shape[3]! / attrs.groups];
    const shape = [oc, ...attrs.kernel, icg];
    const [g, x, sums] = [f32Data(t.dy), f32Data(t.x), f64Zeros(shape)];
    const stride = sums.length / oc;
    const ocg = oc / attrs.groups;
    forEachTap(t.x!.shape, sizes(t.dy!.shape), attrs, (pixel, from, tap) => {
      for (let o = 0, k = tap * icg; o < oc; o++, k += stride) {
        const group = from + Math.floor(o / ocg) * icg;
        const d = g[pixel * oc + o]!;
        for (let i = 0; i < icg; i++) sums[k + i]! += d * x[group + i]!;
      }
    });
    return { dweight: rounded(shape, sums) };
  },

  kernel({ x, dy }, attrs, device) {
    const [size, output] = [sizes(x!.shape), sizes(dy!.shape)];
    if (attrs.groups > 1) return groupedWeightGradient(size, output, attrs, attrs.groups, device);
    const [inChannels, outChannels] = [size[3]!, output[3]!];
    const gradient = padded("dy", output, [0, 0, 0, 0], "gradient", device);
    if (fewChannels(inChannels, attrs.kernel)) {
      const grid = columns("x", size, output.slice(1, 3), attrs, "grid", device);
      const values = attrs.kernel[0]! * attrs.kernel[1]! * inChannels;
      return weightGradient({ grid, gradient, kernel: [1, 1], stride: [1, 1], inChannels: values, outChannels }, device);
    }
    const grid = padded("x", size, attrs.padding, "grid", device);
    return weightGradient({ grid, gradient, ...attrs, inChannels, outChannels }, device);
  },
};

export interface WeightGradient {
  readonly grid: Grid;
  readonly gradient: Grid;
  /** [kh, kw] and [sh, sw], in pixels of the grid. */
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  /** [dh, dw], in pixels of the grid; [1, 1] where absent. */
  readonly dilation?: readonly number[];
  readonly inChannels: number;
  readonly outChannels: number;
}

/** A kernel: how many blocks of 4 output channels a thread holds; of the window it holds 4 vec4s. */
interface Tile {
  readonly name: string;
  readonly blocks: number;
  readonly shader: Shader;
}

const WIDE: Tile = { name: "16 x 20", blocks: 5, shader: wideShader };
const NARROW: Tile = { name: "16 x 8", blocks: 2, shader: narrowShader };
const WINDOW = 4;
/** Threads that keep a CPU's cores evenly busy, and a GPU. */
const SOFTWARE_THREADS = 1024;
const GPU_THREADS = 32768;

/** The variants that write dweight [outChannels, kh, kw, inChannels]: partial sums, then their sum in order. */
export function weightGradient(g: WeightGradient, device: DeviceInfo): readonly Variant[] {
  const work = numel(g.gradient.size.slice(0, 3)) * numel(g.kernel) * g.inChannels * g.outChannels;
  return [{ when: work >= WIDE_WORK && fillsWide(g.gradient.vectors), ...plan(g, WIDE, device) }, plan(g, NARROW, device)];
}

function plan(g: WeightGradient, tile: Tile, device: DeviceInfo): Variant {
  const [, gridHeight, gridWidth] = g.grid.size as [number, number, number];
  const [n, height, width] = g.gradient.size as [number, number, number];
  const [kh, tapColumns] = g.kernel as [number, number];
  const [dilationY, dilationX] = (g.dilation ?? [1, 1]) as [number, number];
  const [vectors, dyVectors] = [g.grid.vectors, g.gradient.vectors];
  const window = kh * tapColumns * vectors;
  const windowTiles = ceilDiv(window, WINDOW);
  const tiles = windowTiles * ceilDiv(dyVectors, tile.blocks);
  const rows = n * height;
  const partRows = ceilDiv(rows, ceilDiv(device.software ? SOFTWARE_THREADS : GPU_THREADS, tiles));
  const parts = ceilDiv(rows, partRows);
  const weights = kh * tapColumns * g.inChannels;
  const gridRow = gridWidth * vectors;
  const partial = parts === 1 ? "dweight" : "partial";
  const outer: KernelCall = {
    shader: tile.shader,
    params: {
      threads: parts * tiles,
      windowTiles,
      tiles,
      rows,
      partRows,
      height,
      width,
      xImage: gridHeight * gridRow,
      xRow: g.stride[0]! * gridRow,
      xColumn: g.stride[1]! * vectors,
      window,
      vectors,
      tapColumns,
      tapRow: dilationY * gridRow,
      tapColumn: dilationX * vectors,
      dyVectors,
      inChannels: g.inChannels,
      channels: g.outChannels,
      weights,
    },
    bindings: { x: g.grid.value, dy: g.gradient.value, y: partial },
    workgroups: dispatch1d(parts * tiles, 64, device),
  };
  const calls = [...g.grid.calls, ...g.gradient.calls, outer];
  const scratch = { ...g.grid.scratch, ...g.gradient.scratch };
  if (parts === 1) return { name: tile.name, scratch, calls };
  const sum = sumAxis("partial", [parts, g.outChannels * weights], 0, "dweight", device);
  return {
    name: tile.name,
    scratch: { ...scratch, partial: f32([parts, g.outChannels, weights]), ...sum.scratch },
    calls: [...calls, ...sum.calls],
  };
}
