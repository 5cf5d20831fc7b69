/** The first step of a convolution: the image with its borders and its channels padded, so that the kernels read vec4s unasked. */
import shader from "../../shaders/convolvePad.wgsl";
import vec4Shader from "../../shaders/convolvePadVec4.wgsl";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, KernelCall, Types } from "./op.ts";
import { f32 } from "../tensor/index.ts";

/** An image [n, h, w, 4 * vectors] that the kernels read as vec4s. */
export interface Grid {
  /** Input or scratch that holds it. */
  readonly value: string;
  readonly size: readonly number[];
  readonly vectors: number;
  readonly scratch: Types;
  readonly calls: readonly KernelCall[];
}

/** `name` [n, h, w, c] with borders and channels padded with zeros, in scratch `as`; itself where there is nothing to pad. */
export function padded(name: string, size: readonly number[], padding: readonly number[], as: string, device: DeviceInfo): Grid {
  const [n, inHeight, inWidth, channels] = size as [number, number, number, number];
  const [top, bottom, left, right] = padding as [number, number, number, number];
  const [height, width, vectors] = [inHeight + top + bottom, inWidth + left + right, ceilDiv(channels, 4)];
  if (height === inHeight && width === inWidth && channels === vectors * 4) return { value: name, size, vectors, scratch: {}, calls: [] };
  const threads = n * height * width * ceilDiv(vectors, 4);
  return {
    value: as,
    size: [n, height, width, vectors * 4],
    vectors,
    scratch: { [as]: f32([n, height, width, vectors * 4]) },
    calls: [
      {
        shader: channels % 4 === 0 ? vec4Shader : shader,
        params: { threads, height, width, vectors, inHeight, inWidth, top, left, ...(channels % 4 !== 0 && { channels }) },
        bindings: { x: name, y: as },
        workgroups: dispatch1d(threads, 64, device),
      },
    ],
  };
}
