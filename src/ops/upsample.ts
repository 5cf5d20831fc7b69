/** What upsampleNearest2d, its gradient and its integer form share. */
import shader from "../../shaders/upsampleNearest2d.wgsl";
import { ShapeError } from "../errors.ts";
import { expectRank, expectWhole, fixedDim } from "./check.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, Shader, Tensor, TensorType, Variant } from "./op.ts";
import { allocate, numel, sizes, storageWords, tensor } from "../tensor/index.ts";

export type UpsampleAttrs = { readonly scale: readonly number[] };

/** Throws for factors that are no whole numbers from 1 on. @throws ShapeError */
export function expectScale(where: string, { scale }: UpsampleAttrs): void {
  if (scale.length !== 2)
    throw new ShapeError({
      code: "bad-attribute",
      where,
      problem: "scale must be [vertical, horizontal]",
      expected: "two numbers",
      got: `[${scale.join(", ")}]`,
    });
  scale.forEach((s) => expectWhole(where, "scale", s, 1));
}

export function upsampledType(x: TensorType, attrs: UpsampleAttrs, where: string): TensorType {
  expectRank(where, "x", x, 4, "[n, h, w, c]");
  expectScale(where, attrs);
  const [h, w] = [fixedDim(where, "x", x, 1), fixedDim(where, "x", x, 2)];
  fixedDim(where, "x", x, 3);
  return { dtype: x.dtype, shape: [x.shape[0]!, h * attrs.scale[0]!, w * attrs.scale[1]!, x.shape[3]!] };
}

export function upsample(x: Tensor, attrs: UpsampleAttrs): Tensor {
  const [n, h, w, c] = sizes(upsampledType(x, attrs, "upsample").shape) as [number, number, number, number];
  const [sy, sx] = attrs.scale as [number, number];
  const data = allocate(x.dtype, n * h * w * c);
  for (let line = 0, to = 0; line < n * h; line++)
    for (let column = 0; column < w; column++) {
      const from = (Math.floor(line / sy) * (w / sx) + Math.floor(column / sx)) * c;
      for (let i = 0; i < c; i++) data[to++] = x.data[from + i]!;
    }
  return tensor(x.dtype, [n, h, w, c], data);
}

/** Words of x are copied as they are, whatever they hold: rows of packed elements begin at whole words. */
export function upsampleKernel(x: TensorType, attrs: UpsampleAttrs, device: DeviceInfo): readonly Variant[] {
  const same = numel(x.shape) === 0 || attrs.scale.every((s) => s === 1);
  return [same ? { name: "alias", alias: { y: "x" }, calls: [] } : blocksVariant(shader, x, attrs, device)];
}

/** A kernel that goes through the pixels of `small`, each of which is a block of the other tensor, 4 words a thread. */
export function blocksVariant(shader: Shader, small: TensorType, { scale }: UpsampleAttrs, device: DeviceInfo): Variant {
  const [n, h, width] = sizes(small.shape) as [number, number, number, number];
  const size = storageWords(small) / (n * h * width);
  const chunks = ceilDiv(size, 4);
  const threads = n * h * width * chunks;
  const call = { shader, constants: { SY: scale[0]!, SX: scale[1]! }, params: { threads, size, chunks, width } };
  return { name: "blocks", calls: [{ ...call, workgroups: dispatch1d(threads, 64, device) }] };
}
