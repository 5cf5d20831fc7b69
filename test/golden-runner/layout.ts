/** Between the golden data's layouts (NCHW, OIHW, unsigned activations) and the project's (NHWC, OHWI, signed). */
import { allocate, numel, tensor, type Tensor } from "../../src/tensor/index.ts";

/** Axis `i` of the result is axis `axes[i]` of `t`. */
export function permute<T extends Tensor>(t: T, axes: readonly number[]): T {
  const shape = axes.map((a) => t.shape[a]!);
  const strides = axes.map((a) => numel(t.shape.slice(a + 1)));
  const data = allocate(t.dtype, t.data.length);
  const at = new Array<number>(axes.length).fill(0);
  let from = 0;
  for (let i = 0; i < data.length; i++) {
    data[i] = t.data[from]!;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++at[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      at[axis] = 0;
    }
  }
  return tensor(t.dtype, shape, data) as T;
}

/** NCHW -> NHWC for images, OIHW -> OHWI for convolution weights. */
export const channelsLast = <T extends Tensor>(t: T): T => permute(t, [0, 2, 3, 1]);
/** NHWC -> NCHW, OHWI -> OIHW. */
export const channelsFirst = <T extends Tensor>(t: T): T => permute(t, [0, 3, 1, 2]);

/** u8 with zero point z means the same as i8 with zero point z - 128: q XOR 0x80. */
export function toSigned(t: Tensor<"u8">): Tensor<"i8"> {
  return tensor(
    "i8",
    t.shape,
    Int8Array.from(t.data, (q) => q - 128),
  );
}

export function toUnsigned(t: Tensor<"i8">): Tensor<"u8"> {
  return tensor(
    "u8",
    t.shape,
    Uint8Array.from(t.data, (q) => q + 128),
  );
}

/** PyTorch's symmetric padding [h, w] as [top, bottom, left, right]. */
export const bothSides = ([h, w]: readonly [number, number]): readonly number[] => [h, h, w, w];
