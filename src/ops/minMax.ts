/**
 * minOut = min(min, smallest finite value of x), maxOut = max(max, largest), per tensor or per channel. x f32; min and
 * max f32, [1] or [channels]. A state that saw nothing yet is min +Inf, max -Inf. NaN and infinities are left out, so
 * that one bad batch does not spoil a range; checkFinite reports them. Source: PyTorch's MinMaxObserver.
 */
import shader from "../../shaders/minMax.wgsl";
import { inferObserver, observeReference, observerKernel } from "./observer.ts";
import type { OpDef } from "./op.ts";

export type MinMaxAttrs = { readonly axis: number | null };

export const minMax: OpDef<MinMaxAttrs> = {
  name: "minMax",
  inputs: ["x", "min", "max"],
  outputs: ["minOut", "maxOut"],
  quantization: "float",
  defaults: { axis: null },

  infer: (types, { axis }, where) => inferObserver(types, axis, where),
  reference: (t, { axis }) =>
    observeReference(t, axis, (state, batch) => ({ min: Math.min(state.min, batch.min), max: Math.max(state.max, batch.max) })),
  kernel: (types, { axis }, device) => observerKernel(types, axis, device, shader),
};
