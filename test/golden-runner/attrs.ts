/** Attributes that several topics read, and what the project makes of them. */
import { boolean, nullable, number, pair, readInputs, type GoldenCase, type Parsed } from "./golden-case.ts";
import type { Stored, Target } from "./integer-ops.ts";
import { bothSides } from "./layout.ts";

const window = { kernel: pair, stride: pair, padding: pair, ceil_mode: boolean } as const;

/** PyTorch's pools. */
export const maxPool = { ...window, dilation: pair } as const;
export const maxPoolAttrs = ({ kernel, stride, padding, dilation, ceil_mode: ceilMode }: Parsed<typeof maxPool>) => ({
  kernel,
  stride,
  padding: bothSides(padding),
  dilation,
  ceilMode,
});

export const avgPool = { ...window, count_include_pad: boolean, divisor_override: nullable(number) } as const;
export const avgPoolAttrs = (a: Parsed<typeof avgPool>) => ({
  kernel: a.kernel,
  stride: a.stride,
  padding: bothSides(a.padding),
  ceilMode: a.ceil_mode,
  countIncludePad: a.count_include_pad,
  divisorOverride: a.divisor_override,
});

export const adaptivePool = { output: pair } as const;
export const adaptivePoolAttrs = ({ output }: Parsed<typeof adaptivePool>) => ({ outputSize: output });

/** Scales and zero points of what an integer op reads and writes. */
export const ofY = { y_scale: number, y_zero_point: number } as const;
export const ofXY = { x_scale: number, x_zero_point: number, ...ofY } as const;
export const ofABY = { a_scale: number, a_zero_point: number, b_scale: number, b_zero_point: number, ...ofY } as const;

export const storedX = (q: Stored["q"], r: Parsed<Pick<typeof ofXY, "x_scale" | "x_zero_point">>): Stored => ({
  q,
  scale: r.x_scale,
  zeroPoint: r.x_zero_point,
});
/** The input x, or a and b, of the case. */
export const readX = (c: GoldenCase, dtype: Target["dtype"], r: Parsed<Pick<typeof ofXY, "x_scale" | "x_zero_point">>): Stored =>
  storedX(readInputs(c, { x: dtype }).x, r);
export const readAB = (c: GoldenCase, dtype: Target["dtype"], r: Parsed<typeof ofABY>): Readonly<Record<"a" | "b", Stored>> => {
  const { a, b } = readInputs(c, { a: dtype, b: dtype });
  return { a: { q: a, scale: r.a_scale, zeroPoint: r.a_zero_point }, b: { q: b, scale: r.b_scale, zeroPoint: r.b_zero_point } };
};
export const targetY = (dtype: Target["dtype"], r: Parsed<typeof ofY>): Target => ({ dtype, scale: r.y_scale, zeroPoint: r.y_zero_point });
