/** The gradient of max pools over larger windows, one axis after the other: shaders/lib/maxPoolPlaces.wgsl and maxPoolTaken.wgsl. */
import { ceilDiv } from "./kernel.ts";
import type { DeviceInfo, KernelCall, Shader, Types, Variant } from "./op.ts";
import { poolCall, type MaxPool2dAttrs, type poolParams } from "./pool.ts";
import { numel, storageBytes } from "../tensor/index.ts";

/** Places are kept modulo 256, and a thread of maxPoolTaken.wgsl tells windows that hold one of four pixels apart by them. */
const LONGEST = 253;

/**
 * Pixels of a window up to which pixel by pixel is good enough: it adds the few gradients that a pixel gets in PyTorch's order,
 * where the axes add them in another and may differ in the last bit.
 */
const FEW = 4;

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** Along the rows, where each window's columns have their first maximum; down the columns, in which row it is; and back. */
export function axesVariant(
  places: Shader,
  taken: Shader,
  images: number,
  values: ReturnType<typeof poolParams>,
  { kernel, stride, padding, dilation }: MaxPool2dAttrs,
  device: DeviceInfo,
): Variant {
  const { channels, parts: words, height, width, inHeight, inWidth, spanY, spanX } = values;
  const isVec4 = channels % 4 === 0;
  const columns = { axis: 1, outer: images * inHeight, size: inWidth, outputs: width, inner: channels, span: spanX };
  const rows = { axis: 0, outer: images, size: inHeight, outputs: height, inner: width * channels, span: spanY };
  const call = (shader: Shader, of: typeof rows, isSpread: boolean, bindings: Readonly<Record<string, string>>): KernelCall => {
    const { axis, outer, inner, size, outputs, span } = of;
    const [s, d] = [stride[axis]!, dilation[axis]!];
    const shared = divisor(s, d);
    const gap = isSpread ? 1 : d / shared;
    const parts = ceilDiv(inner, 4);
    const quads = ceilDiv(isSpread ? size : outputs, 4 * gap) * gap;
    const lengths = { outputs, size, channels: inner, parts, quads, gap, span, before: padding[2 * axis]! };
    const steps = { step: isVec4 ? parts : inner, partStep: isVec4 ? 1 : 4, stride: s, dilation: d };
    const constants: Readonly<Record<string, number | boolean>> = isSpread
      ? {}
      : { TAPS: kernel[axis]!, MOVED: s / shared, IS_RANK: axis === 0 };
    return poolCall(shader, outer * quads * parts, { ...lengths, ...steps }, device, { bindings, constants });
  };
  const scratch: Types = {
    ranks: { dtype: "f32", shape: [images, inHeight, width, channels] },
    columns: { dtype: "i32", shape: [images, inHeight, width, isVec4 ? words : channels] },
    rows: { dtype: "i32", shape: [images, height, width, isVec4 ? words : channels] },
  };
  return {
    name: "axes",
    when:
      numel(kernel) > FEW &&
      Math.max(spanY, spanX) <= LONGEST &&
      Object.values(scratch).every((t) => storageBytes(t) <= device.limits.maxStorageBufferBindingSize),
    scratch,
    calls: [
      call(places, columns, false, { places: "columns" }),
      // Without ranks of its own: nothing is written there.
      call(places, rows, false, { x: "ranks", ranks: "dx", places: "rows" }),
      call(taken, rows, true, { x: "dy", places: "rows", y: "ranks" }),
      call(taken, columns, true, { x: "ranks", places: "columns", y: "dx" }),
    ],
  };
}
