/** Small windows of packed bytes: the kernels of shaders/lib/qwindows.wgsl. */
import { ceilDiv } from "./kernel.ts";
import type { DeviceInfo, KernelCall, Shader, Variant } from "./op.ts";
import { poolCall, type poolParams } from "./pool.ts";
import type { Window } from "./window.ts";

/** The largest side of a window that there are such kernels for. */
const LARGEST = 3;
/** Pixels of a row that a thread makes: a CPU wants to begin rarely, if that leaves enough threads; a GPU to keep busy. */
const SOFTWARE_RUN = 8;
const SOFTWARE_THREADS = 1024;
const GPU_RUN = 2;

/** Their variants, where the window is small enough, for `images` images of sizes as poolParams has them. */
export function windowVariants(
  vec4: Shader,
  scalar: Shader,
  images: number,
  values: ReturnType<typeof poolParams>,
  { kernel, stride, padding, dilation = [1, 1] }: Window,
  constants: NonNullable<KernelCall["constants"]>,
  device: DeviceInfo,
): readonly Variant[] {
  const { channels, parts, height, width, inWidth, inHeight, left } = values;
  const [rows, columns, strideY, strideX] = [...kernel, ...stride] as [number, number, number, number];
  if (rows > LARGEST || columns > LARGEST || dilation.some((d, axis) => d > 1 && kernel[axis]! > 1)) return [];
  const sticksOut = padding.some((p) => p > 0) || (height - 1) * strideY + rows > inHeight || (width - 1) * strideX + columns > inWidth;
  const isAverage = scalar.overrides.some(({ name }) => name === "PADDED");
  // Averages at the sides are of fewer pixels.
  const whole = Math.floor((inWidth + left - columns) / strideX) + 1;
  const past = isAverage ? Math.min(width, Math.max(0, whole)) : width;
  const before = isAverage ? Math.min(past, ceilDiv(left, strideX)) : 0;
  const lines = images * height;
  const inside = past - before;
  const wanted = device.software
    ? Math.min(ceilDiv(SOFTWARE_THREADS, lines * parts), ceilDiv(inside, SOFTWARE_RUN))
    : ceilDiv(inside, GPU_RUN);
  const run = ceilDiv(inside, Math.max(1, wanted));
  const runs = run === 0 ? 0 : ceilDiv(inside, run);
  const threads = lines * (before + runs + width - past) * parts;
  const overrides = {
    ...constants,
    ...(isAverage ? { PADDED: sticksOut } : {}),
    ROWS: rows,
    COLUMNS: columns,
    NEW: Math.min(columns, strideX),
  };
  const variant = (name: string, shader: Shader, pixelStep: number, partStep: number): Variant => ({
    name,
    when: partStep === 4 || channels % 4 === 0,
    calls: [
      poolCall(shader, threads, { ...values, lines, before, past, run, runs, pixelStep, partStep }, device, { constants: overrides }),
    ],
  });
  return [variant("small windows, vec4", vec4, parts, 1), variant("small windows", scalar, channels, 4)];
}
