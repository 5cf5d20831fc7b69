/** Windows of up to 9 x 9 packed bytes: the kernels of shaders/lib/qstrips.wgsl. */
import { ceilDiv } from "./kernel.ts";
import type { DeviceInfo, KernelCall, Shader, Variant } from "./op.ts";
import { poolCall, type poolParams } from "./pool.ts";
import type { Window } from "./window.ts";

type Values = ReturnType<typeof poolParams> & Readonly<Record<string, number>>;

/** The largest side of a window that there are such kernels for, where it moves on by one pixel, by two, and by more. */
const LARGEST = [9, 9, 3];
/** And divisors up to which averages of stored values are exact. */
const MOST = 2 ** 15;

const isCovered = ({ kernel, stride, dilation = [1, 1] }: Window): boolean =>
  kernel.every((side, axis) => side <= LARGEST[Math.min(3, stride[axis]!) - 1]! && (side === 1 || dilation[axis] === 1));

/** Pixels of a row that a thread makes, and rows of them, if that leaves enough threads. */
const STRIP = 4;
const SOFTWARE_STRIPS = 512;
const GPU_ROWS = 4;

/** The variant that goes down strips of pixels, for `images` images of sizes as poolParams has them. */
export function stripVariant(
  shader: Shader,
  images: number,
  values: Values,
  window: Window,
  constants: NonNullable<KernelCall["constants"]>,
  device: DeviceInfo,
): Variant {
  const { channels, height, width, inHeight, inWidth, strideY, strideX, top, bottom, left, right, countPadding } = values;
  const [rows, columns] = window.kernel as [number, number];
  // How far windows reach beyond the image; what of that is not counted makes averages of their own.
  const [down, across] = [(height - 1) * strideY + rows - top - inHeight, (width - 1) * strideX + columns - left - inWidth];
  const sticksOut = [top, left, down, across].some((d) => d > 0);
  const isAverage = shader.overrides.some(({ name }) => name === "VARYING");
  const varies = isAverage && (countPadding === 1 ? down > bottom || across > right : sticksOut);
  const counted = inHeight + (countPadding === 1 ? top + bottom : top);
  const past = varies ? Math.min(height, Math.max(0, Math.floor((counted - rows) / strideY) + 1)) : height;
  const before = varies && countPadding === 0 ? Math.min(past, ceilDiv(top, strideY)) : 0;
  const parts = ceilDiv(width, STRIP);
  const lines = images * parts * channels;
  const wanted = device.software ? ceilDiv(SOFTWARE_STRIPS, lines) : ceilDiv(height, GPU_ROWS);
  const run = Math.max(1, ceilDiv(past - before, wanted));
  const inside = ceilDiv(past - before, run);
  const runs = before + inside + height - past;
  const params = { ...values, parts, before, past, run, runs, inside };
  const overrides = {
    ...constants,
    ...(isAverage ? { PADDED: sticksOut, VARYING: varies } : {}),
    ROWS: rows,
    COLUMNS: columns,
    DOWN: Math.min(rows, strideY),
    RIGHT: Math.min(columns, strideX),
  };
  return {
    name: "small windows",
    when: isCovered(window) && values.divisor <= MOST,
    calls: [poolCall(shader, lines * runs, params, device, { constants: overrides })],
  };
}
