/** What pools over sliding windows share: checks, the reference of maxima, the kernels' Params. */
import { ShapeError } from "../errors.ts";
import { expectDType, expectRank } from "./check.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, KernelCall, Shader, Variant } from "./op.ts";
import { numel, sizes, zeros, type DType, type TensorType } from "../tensor/index.ts";
import { forEachTap, span, windowOutput, type Window } from "./window.ts";

export type MaxPool2dAttrs = {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly ceilMode: boolean;
};

export const maxPool2dDefaults: Partial<MaxPool2dAttrs> = { padding: [0, 0, 0, 0], dilation: [1, 1], ceilMode: false };

/**
 * Type of y for x [n, h, w, c] of one of these dtypes.
 * @throws ShapeError | DTypeError; ShapeError also where a window would lie in the padding alone, or miss the image between
 * two taps.
 */
export function inferPool2d(x: TensorType, window: Window, where: string, ...dtypes: readonly DType[]): TensorType {
  expectDType(where, "x", x, ...dtypes);
  expectRank(where, "x", x, 4, "[n, h, w, c]");
  const [oh, ow] = windowOutput(where, x, window);
  for (const axis of [0, 1] as const) {
    const spanned = span(window, axis);
    const [before, after] = window.padding.slice(2 * axis, 2 * axis + 2) as [number, number];
    const [dilation, size] = [window.dilation?.[axis] ?? 1, x.shape[axis + 1] as number];
    let meets = before < spanned && after < spanned;
    // Behind the image no window begins; one that begins before it may step over it.
    for (let start = 0; meets && start < before; start += window.stride[axis]!)
      meets = start + ceilDiv(before - start, dilation) * dilation < before + size;
    if (!meets)
      throw new ShapeError({
        code: "bad-attribute",
        where,
        problem: "a window could lie in the padding alone",
        expected: `padding [top, bottom, left, right] smaller than the windows [${span(window, 0)}, ${span(window, 1)}], of which each meets the image`,
        got: `padding [${window.padding.join(", ")}], dilation ${dilation} over ${size} pixels`,
      });
  }
  return { dtype: x.dtype, shape: [x.shape[0]!, oh, ow, x.shape[3]!] };
}

/** Calls `visit(output element, input element)` for the first maximum, in row-major window order, of each window. */
export function forEachMaximum(
  x: Float32Array,
  from: readonly number[],
  to: readonly number[],
  attrs: MaxPool2dAttrs,
  visit: (y: number, x: number) => void,
): void {
  const c = from[3]!;
  const best = zeros("i32", to).data.fill(-1);
  forEachTap(from, to, attrs, (pixel, offset) => {
    for (let i = 0, o = pixel * c; i < c; i++, o++) {
      const at = best[o]!;
      // NaN > v and v > NaN are false, so NaN wins by its own test and keeps its place.
      if (at < 0 || x[offset + i]! > x[at]! || (x[offset + i] !== x[offset + i] && x[at] === x[at])) best[o] = offset + i;
    }
  });
  best.forEach((at, o) => visit(o, at));
}

/** A pool for the kernels; without a window it is adaptive. */
export interface Pool {
  readonly window?: Window;
  readonly countPadding?: boolean;
  readonly divisor?: number | null;
}

/** What the Params of the kernels hold (shaders/lib/pool.wgsl), for an image [n, h, w, c] and an output [n, oh, ow, c]. */
export function poolParams(image: readonly number[], output: readonly number[], { window, countPadding = false, divisor }: Pool) {
  const [strideY, strideX] = window?.stride ?? [1, 1];
  const [dilationY, dilationX] = window?.dilation ?? [1, 1];
  const [top, bottom, left, right] = window?.padding ?? [0, 0, 0, 0];
  return {
    height: output[1]!,
    width: output[2]!,
    inHeight: image[1]!,
    inWidth: image[2]!,
    channels: image[3]!,
    parts: ceilDiv(image[3]!, 4),
    spanY: window ? span(window, 0) : 1,
    spanX: window ? span(window, 1) : 1,
    strideY: strideY!,
    strideX: strideX!,
    dilationY: dilationY!,
    dilationX: dilationX!,
    top: top!,
    bottom: bottom!,
    left: left!,
    right: right!,
    countPadding: Number(countPadding),
    divisor: divisor ?? 0,
  };
}

/** [n, h, w, words of a pixel] of 8-bit values. */
export const wordSizes = ({ shape }: TensorType): readonly number[] => [...sizes(shape.slice(0, 3)), ceilDiv(shape[3] as number, 4)];

/** A call of `threads` threads in workgroups of 64, with those of the values that the shader has Params for. */
export function poolCall(
  shader: Shader,
  threads: number,
  values: Readonly<Record<string, number>>,
  device: DeviceInfo,
  call: Pick<KernelCall, "constants" | "bindings"> = {},
): KernelCall {
  const all: Readonly<Record<string, number>> = { ...values, threads };
  const params = Object.fromEntries(shader.params!.fields.filter(({ name }) => name in all).map(({ name }) => [name, all[name]!]));
  return { shader, params, ...call, workgroups: dispatch1d(threads, 64, device) };
}

/**
 * The variants of a kernel with a thread for each pixel of `grid` [n, height, width] and 4 channels: in vec4s where the
 * channels allow it, else in elements.
 */
export function poolVariants(
  vec4: Shader,
  scalar: Shader,
  grid: readonly number[],
  params: ReturnType<typeof poolParams>,
  call: Pick<KernelCall, "constants" | "bindings">,
  device: DeviceInfo,
): readonly Variant[] {
  const { channels, parts } = params;
  const threads = numel(grid.slice(0, 3)) * parts;
  const variant = (name: string, shader: Shader, pixelStep: number, partStep: number): Variant => ({
    name,
    when: partStep === 4 || channels % 4 === 0,
    calls: [poolCall(shader, threads, { ...params, pixelStep, partStep }, device, call)],
  });
  return [variant("vec4", vec4, parts, 1), variant("elements", scalar, channels, 4)];
}

/** Pixels of y that a thread makes, where rows have as many: a CPU wants to find out less, a GPU to keep more threads busy. */
const SOFTWARE_RUN = 32;
const GPU_RUN = 2;

/** The variants of a kernel that pools row by row (shaders/lib/poolRun.wgsl); sizes as poolParams has them. */
export function runVariants(
  vec4: Shader,
  scalar: Shader,
  images: number,
  values: ReturnType<typeof poolParams> & Readonly<Record<string, number>>,
  window: Window | undefined,
  call: Pick<KernelCall, "constants">,
  device: DeviceInfo,
): readonly Variant[] {
  const { channels, parts, width } = values;
  const runs = ceilDiv(width, device.software ? SOFTWARE_RUN : GPU_RUN);
  const params = { ...values, runs, run: ceilDiv(width, runs) };
  const isSmall = window?.kernel.every((k) => k <= 3) === true && values.dilationY === 1 && values.dilationX === 1;
  const [ROWS, COLUMNS] = isSmall ? [values.spanY, values.spanX] : [0, 0];
  const constants = { ...call.constants, ROWS, COLUMNS, NEW: Math.min(COLUMNS, values.strideX) };
  const variant = (name: string, shader: Shader, pixelStep: number, partStep: number): Variant => ({
    name,
    when: partStep === 4 || channels % 4 === 0,
    calls: [poolCall(shader, images * params.height * runs * parts, { ...params, pixelStep, partStep }, device, { constants })],
  });
  return [variant("vec4", vec4, parts, 1), variant("elements", scalar, channels, 4)];
}

/** Rows of windows that a thread makes of a kernel that pools column by column. */
const SOFTWARE_ROWS = 32;
const GPU_ROWS = 4;

/** Windows that shaders/lib/maxPoolWinners.wgsl, maxPoolReturn.wgsl and avgPoolSpread.wgsl are for. */
export const isNarrow = ({ kernel, stride, dilation = [1, 1] }: Window): boolean =>
  kernel.every((k) => k === 2 || k === 3) && stride.every((s) => s <= 2) && dilation.every((d) => d === 1);

const stepsOf = ({ channels, parts }: { readonly channels: number; readonly parts: number }) =>
  channels % 4 === 0 ? { pixelStep: parts, partStep: 1 } : { pixelStep: channels, partStep: 4 };

/** A call of shaders/lib/avgPoolSpread.wgsl: over the pixels of the padded image, two by two and in rows of the stride. */
export function spreadCall(
  shader: Shader,
  images: number,
  values: ReturnType<typeof poolParams>,
  { kernel, stride }: Window,
  { constants, ...call }: Pick<KernelCall, "constants" | "bindings">,
  device: DeviceInfo,
): KernelCall {
  const { parts, inHeight, inWidth, top, left } = values;
  const cells = ceilDiv(inHeight + top, stride[0]!);
  const runs = ceilDiv(cells, device.software ? SOFTWARE_ROWS : GPU_ROWS);
  const strips = ceilDiv(inWidth + left, 2);
  const params = { ...values, ...stepsOf(values), strips, runs, run: ceilDiv(cells, runs) };
  return poolCall(shader, images * runs * strips * parts, params, device, {
    ...call,
    constants: { ...constants, ROWS: kernel[0]!, COLUMNS: kernel[1]!, DOWN: stride[0]!, RIGHT: stride[1]! },
  });
}

/** Whether shaders/lib/maxPoolDown.wgsl is for a window, and better than row by row: where windows overlap. */
export const isDown = ({ kernel, stride, dilation = [1, 1] }: Window): boolean =>
  kernel.every((k, i) => k >= 2 && k <= 5 && (stride[i] === 1 || (stride[i] === 2 && dilation[i] === 1))) &&
  [...kernel.map((k, i) => k + 1 - stride[i]!), ...dilation].some((v) => v > 2);

/** Columns of the image that a thread of such a kernel steps on by. */
const DOWN_COLUMNS = 4;

/** A call of such a kernel: for more rows of windows than y has, or with a step of its own, where that is given. */
export function downCall(
  shader: Shader,
  images: number,
  values: ReturnType<typeof poolParams> & { readonly rows?: number; readonly step?: number },
  { kernel, stride }: Window,
  { constants, ...call }: Pick<KernelCall, "constants" | "bindings">,
  device: DeviceInfo,
): KernelCall {
  const { parts, width, dilationY, dilationX, rows = values.height, step = DOWN_COLUMNS } = values;
  const longest = ceilDiv(rows, dilationY);
  const chains = ceilDiv(longest, device.software ? SOFTWARE_ROWS : GPU_ROWS);
  const runs = chains * dilationY;
  const strips = ceilDiv(width * stride[1]!, step * dilationX) * dilationX;
  const params = { ...values, ...stepsOf(values), rows, strips, runs, run: ceilDiv(longest, chains) };
  return poolCall(shader, images * runs * strips * parts, params, device, {
    ...call,
    constants: { ...constants, STEP: step, ROWS: kernel[0]!, COLUMNS: kernel[1]!, DOWN: stride[0]!, RIGHT: stride[1]! },
  });
}

/** A call of shaders/lib/maxPoolReturn.wgsl: over pairs of rows of the padded image and runs of columns of windows. */
export function returnCall(
  shader: Shader,
  images: number,
  values: ReturnType<typeof poolParams> & { readonly rows: number },
  { kernel, stride }: Window,
  device: DeviceInfo,
): KernelCall {
  const { parts, inHeight, inWidth, top, left } = values;
  const cells = ceilDiv(inWidth + left, stride[1]!);
  const runs = ceilDiv(cells, device.software ? SOFTWARE_ROWS : GPU_ROWS);
  const strips = ceilDiv(inHeight + top, 2);
  const params = { ...values, ...stepsOf(values), strips, runs, run: ceilDiv(cells, runs) };
  return poolCall(shader, images * runs * strips * parts, params, device, {
    bindings: { x: "dy", y: "dx" },
    constants: { ROWS: kernel[0]!, COLUMNS: kernel[1]!, DOWN: stride[0]!, RIGHT: stride[1]! },
  });
}

/** A call of shaders/lib/avgPoolAdaptive.wgsl: over the columns of the image and runs of rows of windows. */
export function adaptiveCall(shader: Shader, images: number, values: ReturnType<typeof poolParams>, device: DeviceInfo): KernelCall {
  const { height, inWidth, parts } = values;
  const runs = ceilDiv(height, device.software ? SOFTWARE_ROWS : GPU_ROWS);
  const params = { ...values, ...stepsOf(values), runs, run: ceilDiv(height, runs) };
  return poolCall(shader, images * runs * inWidth * parts, params, device, { bindings: { x: "dy", y: "dx" } });
}

/** The pool of 2 x 2 pixels side by side, without padding, for which there are kernels without loops. */
export const isPairs = (from: readonly number[], to: readonly number[], { kernel, stride, padding, dilation = [1, 1] }: Window): boolean =>
  [...kernel, ...stride].every((v) => v === 2) &&
  padding.every((v) => v === 0) &&
  dilation.every((v) => v === 1) &&
  [1, 2].every((axis) => 2 * to[axis]! <= from[axis]!);
