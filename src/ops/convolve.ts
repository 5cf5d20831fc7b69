/**
 * Kernel plans of everything that is a convolution: conv2d, its gradient in the input, linear (images of 1 x 1) and its
 * gradient in the input. Three steps: the image gets its borders and its channels padded with zeros (or, with very few
 * channels, its windows laid out as rows), the weights are packed, then one kernel without conditions in its loop runs.
 */
import packShader from "../../shaders/convolvePack.wgsl";
import sharedShader from "../../shaders/convolveShared.wgsl";
import sumShader from "../../shaders/convolveSum.wgsl";
import wideShader from "../../shaders/convolve.wgsl";
import wideOddShader from "../../shaders/convolveOdd.wgsl";
import narrowShader from "../../shaders/convolveNarrow.wgsl";
import narrowOddShader from "../../shaders/convolveNarrowOdd.wgsl";
import type { Grid } from "./convolvePad.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, KernelCall, Shader, Variant } from "./op.ts";
import { f32, numel } from "../tensor/index.ts";

/** The weights of one kernel of taps [rows, columns]: x[start + row * rowStep + column * columnStep + in * inStep + out * outStep]. */
export interface Taps {
  readonly rows: number;
  readonly columns: number;
  readonly start: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

export interface Channels {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly inStep: number;
  readonly outStep: number;
}

/** Where the output pixels [n, height, width] of one kernel of taps have their windows and their results. */
export interface Target {
  readonly taps: Taps;
  /** [n, height, width] */
  readonly pixels: readonly number[];
  /** First row and column of the window of pixel 0, and the steps from pixel to pixel, in pixels of the grid. */
  readonly from: readonly [number, number];
  readonly step: readonly [number, number];
  /** Vertical and horizontal distance of neighbouring taps, in pixels of the grid; [1, 1] where absent. */
  readonly spread?: readonly [number, number];
  /** In elements of y. */
  readonly y: { readonly image: number; readonly row: number; readonly column: number; readonly start: number };
}

export interface Convolution {
  readonly grid: Grid;
  /** Input that holds the weights, and how. */
  readonly weight: string;
  readonly channels: Channels;
  readonly targets: readonly Target[];
  /** Input with the bias, where there is one. */
  readonly bias?: string | undefined;
  /** See activationCode. */
  readonly activation?: number;
  readonly output: string;
}

/** The target of a linear layer: each row an image of one pixel. */
export const rowsTarget = (rows: number, channels: number): Target => ({
  taps: { rows: 1, columns: 1, start: 0, rowStep: 0, columnStep: 0 },
  pixels: [rows, 1, 1],
  from: [0, 0],
  step: [1, 1],
  y: { image: channels, row: channels, column: channels, start: 0 },
});

/** A kernel: how many blocks of 4 output channels a thread holds, and its shaders for multiples of 4 channels and for others. */
interface Tile {
  readonly name: string;
  readonly blocks: number;
  /** Pixels of a workgroup. */
  readonly pixels: number;
  /** Whether long runs may fall into parts. */
  readonly parts: boolean;
  readonly even: Shader;
  readonly odd: Shader;
}

const WIDE: Tile = { name: "8 x 20", blocks: 5, pixels: 512, parts: true, even: wideShader, odd: wideOddShader };
const NARROW: Tile = { name: "8 x 8", blocks: 2, pixels: 512, parts: true, even: narrowShader, odd: narrowOddShader };
/** Through workgroup memory, which pays on GPUs alone. */
const SHARED: Tile = { name: "shared 128 x 32", blocks: 8, pixels: 128, parts: false, even: sharedShader, odd: sharedShader };
const PIXELS = 8;

/**
 * The wide tile is a third faster where its blocks are filled, but takes longer to compile, which only pays from some
 * million multiply-adds on.
 */
export const WIDE_WORK = 2 ** 22;
export const fillsWide = (blocks: number): boolean => ceilDiv(blocks, WIDE.blocks) * WIDE.blocks <= 1.3 * blocks;

/** Threads that keep a CPU's cores evenly busy, and a GPU; and the shortest run worth cutting. */
const SOFTWARE_THREADS = 1024;
const GPU_THREADS = 16384;
const SHORT_RUN = 16;

/** How many runs a tap row has, and how many vec4s lie side by side in one: all taps, or one where they are apart. */
function runsOf({ taps, spread }: Target, { vectors }: Grid): { readonly runs: number; readonly run: number } {
  const apart = spread !== undefined && spread[1] > 1 && taps.columns > 1;
  return apart ? { runs: taps.columns, run: vectors } : { runs: 1, run: taps.columns * vectors };
}

/** Parts that the run of a convolution falls into: more than 1 where it is the only one, long, and the pixels are few. */
function runParts(target: Target, grid: Grid, tiles: number, device: DeviceInfo): number {
  const { taps, pixels } = target;
  const { runs, run } = runsOf(target, grid);
  if (taps.rows * runs !== 1) return 1;
  const threads = ceilDiv(numel(pixels), PIXELS) * tiles;
  return Math.max(1, Math.min(Math.floor(run / SHORT_RUN), Math.floor((device.software ? SOFTWARE_THREADS : GPU_THREADS) / threads)));
}

/** The variants of a convolution. */
export function convolve(c: Convolution, device: DeviceInfo): readonly Variant[] {
  const work = c.targets.reduce((sum, { taps, pixels }) => sum + taps.rows * taps.columns * numel(pixels), 0);
  const when = work * c.channels.inChannels * c.channels.outChannels >= WIDE_WORK && fillsWide(ceilDiv(c.channels.outChannels, 4));
  const pixels = c.targets.reduce((sum, t) => sum + numel(t.pixels), 0);
  return [
    { when: !device.software && pixels >= SHARED.pixels, ...plan(c, SHARED, device) },
    { when, ...plan(c, WIDE, device) },
    plan(c, NARROW, device),
  ];
}

function plan(c: Convolution, tile: Tile, device: DeviceInfo): Variant {
  const { grid, channels, targets } = c;
  const [, height, width] = grid.size as [number, number, number];
  const perThread = tile.blocks;
  const blocks = ceilDiv(ceilDiv(channels.outChannels, 4), perThread) * perThread;
  const shader = channels.outChannels % 4 === 0 ? tile.even : tile.odd;
  const rowVectors = width * grid.vectors;
  const [hasBias, activation] = [Number(c.bias !== undefined), c.activation ?? 0];
  const packs: KernelCall[] = [];
  const tiles: KernelCall[] = [];
  let matrix = 0;
  const firstRun = targets[0] ? runsOf(targets[0], grid).run : 0;
  const wanted = tile.parts && targets.length === 1 ? runParts(targets[0]!, grid, blocks / perThread, device) : 1;
  const partRun = ceilDiv(firstRun, wanted);
  const parts = wanted > 1 ? ceilDiv(firstRun, partRun) : 1;
  const elements = targets.reduce((sum, t) => sum + numel(t.pixels), 0) * channels.outChannels;
  for (const target of targets) {
    const { taps, pixels, from, step, spread = [1, 1], y } = target;
    const [n, outHeight, outWidth] = pixels as [number, number, number];
    const count = n * outHeight * outWidth;
    if (count === 0) continue;
    const matrices = taps.rows * taps.columns * grid.vectors * blocks;
    const { runs, run } = runsOf(target, grid);
    const filled = { matrices, columns: taps.columns, inVectors: grid.vectors, blocks, ...channels };
    const steps = { start: taps.start, rowStep: taps.rowStep, columnStep: taps.columnStep };
    if (matrices > 0) packs.push(pack(c.weight, { ...filled, ...steps, to: matrix }, device));
    tiles.push({
      shader,
      // The wide tile would gain little by pairs, and compile longer.
      ...(tile.parts && { constants: { PAIRS: tile === NARROW && run % 2 === 0 && (parts === 1 || partRun % 2 === 0) } }),
      params: {
        pixels: count,
        width: outWidth,
        height: outHeight,
        xImage: height * rowVectors,
        xRow: step[0] * rowVectors,
        xColumn: step[1] * grid.vectors,
        xStart: from[0] * rowVectors + from[1] * grid.vectors,
        tapRows: taps.columns === 0 ? 0 : taps.rows * runs,
        tapStep: spread[0] * rowVectors,
        runs,
        runStep: spread[1] * grid.vectors,
        run,
        ...(tile.parts && { parts, partRun: parts > 1 ? partRun : run, yPart: elements }),
        weightStart: matrix,
        blocks,
        channels: channels.outChannels,
        yImage: y.image,
        yRow: y.row,
        yColumn: y.column,
        yStart: y.start,
        hasBias: parts > 1 ? 0 : hasBias,
        activation: parts > 1 ? 0 : activation,
      },
      bindings: { x: grid.value, weight: "packed", bias: c.bias ?? c.weight, y: parts > 1 ? "parts" : c.output },
      workgroups: dispatch1d(ceilDiv(count, tile.pixels) * parts * (blocks / perThread), 1, device),
    });
    matrix += matrices;
  }
  const hasParts = parts > 1;
  if (hasParts)
    tiles.push({
      shader: sumShader,
      params: { elements, parts, channels: channels.outChannels, hasBias, activation },
      bindings: { x: "parts", bias: c.bias ?? c.weight, y: c.output },
      workgroups: dispatch1d(elements, 64, device),
    });
  // No input pixel has a tap: the kernel reads no weight, but something must be bound.
  if (matrix === 0) packs.push(pack(c.weight, { ...NO_WEIGHTS, ...channels, inChannels: 0 }, device));
  return {
    name: tile.name,
    scratch: { ...grid.scratch, packed: f32([Math.max(1, matrix), 4, 4]), ...(hasParts && { parts: f32([parts, elements]) }) },
    calls: [...grid.calls, ...packs, ...tiles],
  };
}

const NO_WEIGHTS = { matrices: 1, columns: 1, inVectors: 1, blocks: 1, start: 0, rowStep: 0, columnStep: 0, to: 0 };

const pack = (
  weight: string,
  params: Readonly<Record<string, number>> & { readonly matrices: number },
  device: DeviceInfo,
): KernelCall => ({
  shader: packShader,
  params,
  bindings: { x: weight, y: "packed" },
  workgroups: dispatch1d(params.matrices, 64, device),
});
