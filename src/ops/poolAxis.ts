/** Pools over larger windows, one axis after the other: the kernel plans of shaders/lib/poolAxis.wgsl. */
import { ceilDiv } from "./kernel.ts";
import type { DeviceInfo, Shader, Variant } from "./op.ts";
import { poolCall, type poolParams } from "./pool.ts";
import type { Window } from "./window.ts";

/** Whether shaders/lib/poolAxis.wgsl is for a window: one axis of more than 3 pixels, each of 2 strides or more, or left as it is. */
export const isLarge = ({ kernel, stride, padding, dilation = [1, 1] }: Window): boolean =>
  kernel.some((k) => k > 3) &&
  dilation.every((d) => d === 1) &&
  kernel.every((k, i) => isKept(k, stride[i]!, padding.slice(2 * i, 2 * i + 2)) || (stride[i]! <= 2 && k >= 2 * stride[i]!));

const isKept = (kernel: number, stride: number, padding: readonly number[]): boolean =>
  kernel === 1 && stride === 1 && padding.every((p) => p === 0);

/** Such a pool of `images` images, or its gradient: over the columns, then over the rows, with scratch between them. */
export function largeVariant(
  vec4: Shader,
  scalar: Shader,
  images: number,
  values: ReturnType<typeof poolParams>,
  { kernel, stride, padding }: Window,
  device: DeviceInfo,
  isGradient = false,
): Variant {
  const { channels, countPadding, divisor } = values;
  const [height, width, inHeight, inWidth] = isGradient
    ? [values.inHeight, values.inWidth, values.height, values.width]
    : [values.height, values.width, values.inHeight, values.inWidth];
  const [from, to] = isGradient ? ["dy", "dx"] : ["x", "y"];
  const axes = [
    { axis: 1, outer: images * inHeight, size: inWidth, outputs: width, inner: channels },
    { axis: 0, outer: images, size: inHeight, outputs: height, inner: width * channels },
  ].filter(({ axis }) => !isKept(kernel[axis]!, stride[axis]!, padding.slice(2 * axis, 2 * axis + 2)));
  const calls = axes.map(({ axis, outer, size, outputs, inner }, i) => {
    const [span, step, before, after] = [kernel[axis]!, stride[axis]!, padding[2 * axis]!, padding[2 * axis + 1]!];
    const [isVec4, parts] = [inner % 4 === 0, ceilDiv(inner, 4)];
    const quads = ceilDiv(isGradient ? ceilDiv(outputs + before, step) : outputs, 4);
    const isLast = i === axes.length - 1;
    const params = { outputs, size, channels: inner, parts, quads, span, before, after, countPadding };
    const steps = { step: isVec4 ? parts : inner, partStep: isVec4 ? 1 : 4, divisor: divisor === 0 || isLast ? divisor : 1 };
    const moves = isGradient ? { STRIDE: 1, BACK: step } : { STRIDE: step, BACK: 0 };
    return poolCall(isVec4 ? vec4 : scalar, outer * quads * parts, { ...params, ...steps }, device, {
      constants: { ...moves, BLOCKS: Math.floor(span / step), REST: span % step > 0 },
      bindings: { x: i === 0 ? from! : "rows", y: isLast ? to! : "rows" },
    });
  });
  return {
    name: "axes",
    calls,
    ...(calls.length > 1 ? { scratch: { rows: { dtype: "f32", shape: [images, inHeight, width, channels] } } } : {}),
  };
}
