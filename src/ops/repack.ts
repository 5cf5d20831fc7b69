/** Kernel plan of ops that keep elements and their order but change the shape: flatten, unflatten and reshape. */
import shader from "../../shaders/repack.wgsl";
import { dispatch1d } from "./kernel.ts";
import type { DeviceInfo, Variant } from "./op.ts";
import { isPacked, storageWords, type Shape, type TensorType } from "../tensor/index.ts";

/** y is x's memory where the storage rule gives both the same words, else x with its rows packed anew. */
export function repackKernel(x: TensorType, shape: Shape, device: DeviceInfo): readonly Variant[] {
  const [from, to] = [x, { shape }].map((t) => (t.shape.at(-1) ?? 1) as number) as [number, number];
  const unpadded = isPacked(x.dtype) && from % 4 === 0 && to % 4 === 0;
  const same = !isPacked(x.dtype) || from === to || unpadded;
  const words = storageWords({ dtype: x.dtype, shape });
  return [
    { name: "alias", when: same, alias: { y: "x" }, calls: [] },
    {
      name: "repack",
      when: !same,
      calls: [{ shader, params: { xInner: from, yInner: to, words }, workgroups: dispatch1d(words, 64, device) }],
    },
  ];
}
