/** What the observer ops minMax and movingAverageMinMax share: their inputs, and the two passes of their kernels. */
import extents from "../../shaders/extents.wgsl";
import { minMaxOf, type Extent, type MinMax } from "../numerics/index.ts";
import { tensor, type Tensor } from "../tensor/index.ts";
import { expectDType, expectShape } from "./check.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, Shader, Tensors, Types, Variant } from "./op.ts";
import { channelGrid, perChannelShape, typeChannels } from "./quantizer.ts";

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
  const minOut = new Float32Array(batch.min.length);
  const maxOut = new Float32Array(batch.min.length);
  for (let c = 0; c < minOut.length; c++) {
    const next = update({ min: min!.data[c]!, max: max!.data[c]! }, { min: batch.min[c]!, max: batch.max[c]! });
    minOut[c] = next.min + 0; // never -0
    maxOut[c] = next.max + 0;
  }
  return { minOut: tensor("f32", min!.shape, minOut), maxOut: tensor("f32", max!.shape, maxOut) };
}

/** Threads of the first pass that are enough to fill the device; more would only leave more to the second. */
const enoughThreads = (device: DeviceInfo): number => (device.software ? 512 : 65536);

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
  const grid = typeChannels(types.x!, axis);
  const lanesWanted = ceilDiv(enoughThreads(device), Math.max(1, grid.channels));
  const items = Math.max(device.software ? 64 : 16, ceilDiv(grid.outer * grid.inner, lanesWanted));
  const first = channelGrid(grid, device, items);
  const { channels, outerLanes, innerLanes } = first.params as Readonly<Record<string, number>>;
  const lanes = outerLanes! * innerLanes!;
  const scratch = { dtype: "i32", shape: [Math.max(1, lanes), Math.max(1, channels!)] } as const;
  return [
    {
      name: "lanes",
      inPlace: { minOut: "min", maxOut: "max" },
      scratch: { lows: scratch, highs: scratch },
      calls: [
        { shader: extents, ...first },
        {
          shader: second,
          constants: { LANES: device.software ? 1 : 64 },
          params: { channels: channels!, lanes, ...params },
          workgroups: dispatch1d(channels!, 1, device),
        },
      ],
    },
  ];
}
