/** The first step of a convolution with very few channels: its windows laid out as rows. */
import shader from "../../shaders/convolveColumns.wgsl";
import type { Grid } from "./convolvePad.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo } from "./op.ts";
import { f32 } from "../tensor/index.ts";
import type { Window } from "./window.ts";

/** The windows of `name` [n, h, w, c] as rows: an image [n, oh, ow, kh * kw * c] whose convolution has a 1 x 1 kernel. */
export function columns(
  name: string,
  size: readonly number[],
  output: readonly number[],
  window: Window,
  as: string,
  device: DeviceInfo,
): Grid {
  const [n, inHeight, inWidth, channels] = size as [number, number, number, number];
  const [height, width] = output as [number, number];
  const [kernelY, kernelX] = window.kernel as [number, number];
  const [strideY, strideX] = window.stride as [number, number];
  const [dilationY, dilationX] = (window.dilation ?? [1, 1]) as [number, number];
  const [pixels, vectors] = [n * height * width, ceilDiv(kernelY * kernelX * channels, 4)];
  const [top, , left] = window.padding as [number, number, number, number];
  const row = vectors * 4;
  return {
    value: as,
    size: [n, height, width, row],
    vectors,
    scratch: { [as]: f32([n, height, width, row]) },
    calls: [
      {
        shader,
        params: {
          pixels,
          height,
          width,
          row,
          inHeight,
          inWidth,
          channels,
          kernelY,
          kernelX,
          strideY,
          strideX,
          dilationY,
          dilationX,
          top,
          left,
        },
        bindings: { x: name, y: as },
        workgroups: dispatch1d(pixels, 64, device),
      },
    ],
  };
}

/** True where padding the channels to 4 would be so much waste that rows of windows are better. */
export const fewChannels = (channels: number, [kh, kw]: readonly number[]): boolean => channels <= 2 && kh! * kw! > 1;
