/** What the observer ops minMax and movingAverageMinMax share: their inputs, and the two passes of their kernels. */
import extents from "../../shaders/observerExtents.wgsl";
import extentsVec4 from "../../shaders/observerExtentsVec4.wgsl";
import { minMaxOf, type Extent, type MinMax } from "../numerics/index.ts";
import { sizes, type Tensor } from "../tensor/index.ts";
import { expectDType, expectShape } from "./check.ts";
import { zerosLike } from "./host.ts";
import { dispatch1d } from "./kernel.ts";
import type { DeviceInfo, KernelCall, Shader, Tensors, Types, Variant } from "./op.ts";
import { perChannelShape, wordGrid, wordVariants } from "./quantizer.ts";

/** minOut and maxOut. @throws DTypeError | ShapeError | QuantizationError */
export function inferObserver(types: Types, axis: number | null, where: string): Types {
  expectDType(where, "x", types.x!, "f32");
  const shape = perChannelShape(where, types.x!, axis);
  for (const name of ["min", "max"]) {
    expectDType(where, name, types[name]!, "f32");
    expectShape(
      where,
      name,
      types[name]!,
      shape,
      axis === null ? "must hold one element (axis is null: per tensor)" : `must hold one element per channel of x (axis ${axis})`,
    );
  }
  return { minOut: types.min!, maxOut: types.max! };
}

/** The reference, given how a state takes in a batch. */
export function observeReference({ x, min, max }: Tensors, axis: number | null, update: (state: Extent, batch: Extent) => Extent): Tensors {
  const batch: MinMax = minMaxOf(x as Tensor<"f32">, axis);
  const [minOut, maxOut] = [zerosLike(min!), zerosLike(max!)];
  for (let c = 0; c < batch.min.length; c++) {
    const next = update({ min: min!.data[c]!, max: max!.data[c]! }, { min: batch.min[c]!, max: batch.max[c]! });
    minOut.data[c] = next.min + 0; // never -0
    maxOut.data[c] = next.max + 0;
  }
  return { minOut, maxOut };
}

/** Threads of the second pass; a barrier costs a software GPU more than its few lanes' results in a row. */
const secondPass = (device: DeviceInfo): number => (device.software ? 1 : 256);

/**
 * First pass: threads take min and max of their elements in registers. Second pass: a workgroup a channel brings them
 * together and updates the state in place. The order of minima does not matter: no atomics, always the same bits.
 */
export function observerKernel(
  types: Types,
  axis: number | null,
  device: DeviceInfo,
  second: Shader,
  params: Readonly<Record<string, number>> = {},
): readonly Variant[] {
  const grid = wordGrid(types.x!, axis, device, { packed: false, few: true });
  const channels = sizes(types.min!.shape)[0]!;
  const scratch = { dtype: "i32", shape: [grid.lanes, Math.max(1, channels)] } as const;
  const update: KernelCall = {
    shader: second,
    constants: { LANES: secondPass(device) },
    params: { channels, lanes: grid.lanes, ...params },
    workgroups: dispatch1d(channels, 1, device),
  };
  return wordVariants(grid, extentsVec4, extents, {}).map((first) => ({
    ...first,
    inPlace: { minOut: "min", maxOut: "max" },
    scratch: { lows: scratch, highs: scratch },
    calls: [...first.calls, update],
  }));
}
