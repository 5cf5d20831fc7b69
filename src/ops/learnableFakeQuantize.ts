/**
 * fakeQuantize whose scale and zero point are trained with the weights (LSQ): scale and zeroPoint f32, [1] or [channels].
 * It computes with max(s, 2^-23) and with the zero point rounded half to even and clamped to the range, forward and
 * backward: y as fakeQuantize's; the gradients are learnableFakeQuantizeBackward's, times `gradFactor` (LSQ: 1 / sqrt(N *
 * quantMax) for N elements a scale). Source: Esser et al., "Learned Step Size Quantization", 2020, and PyTorch's
 * _fake_quantize_learnable_per_channel_affine (its per-tensor form rounds the zero point otherwise in the backward pass).
 * No pass inserts or converts it yet: what is trained with it is float until its parameters are given to fakeQuantize.
 */
import roundShader from "../../shaders/learnableFakeQuantize.wgsl";
import any from "../../shaders/fakeQuantize.wgsl";
import vec4 from "../../shaders/fakeQuantizeVec4.wgsl";
import { fakeQuantize, learnedQparams } from "../numerics/index.ts";
import { f32, i32, sizes, zeros } from "../tensor/index.ts";
import { dispatch1d } from "./kernel.ts";
import { learnableFakeQuantizeBackward } from "./learnableFakeQuantizeBackward.ts";
import type { DeviceInfo, KernelCall, OpDef, Types } from "./op.ts";
import { forEachElement, inferFakeQuantize, typeChannels, wordGrid, wordVariants, type FakeQuantizeAttrs } from "./quantizer.ts";

export type LearnableFakeQuantizeAttrs = FakeQuantizeAttrs & { readonly gradFactor: number };

/** The call that makes `usedScale` and `usedZeroPoint` (scratch) of what is trained. */
export function learnedQparamsCall(
  { scale }: Types,
  { quantMin, quantMax }: FakeQuantizeAttrs,
  device: DeviceInfo,
): { readonly call: KernelCall; readonly scratch: Types; readonly bindings: Readonly<Record<"scale" | "zeroPoint", string>> } {
  const [channels] = sizes(scale!.shape) as [number];
  return {
    call: { shader: roundShader, params: { channels, quantMin, quantMax }, workgroups: dispatch1d(channels, 64, device) },
    scratch: { usedScale: f32([channels]), usedZeroPoint: i32([channels]) },
    bindings: { scale: "usedScale", zeroPoint: "usedZeroPoint" },
  };
}

export const learnableFakeQuantize: OpDef<LearnableFakeQuantizeAttrs> = {
  name: "learnableFakeQuantize",
  inputs: ["x", "scale", "zeroPoint"],
  outputs: ["y"],
  quantization: "float",
  defaults: { axis: null, gradFactor: 1 },

  infer: (types, attrs, where) => ({ y: inferFakeQuantize(types, attrs, where, ["f32"]) }),

  reference({ x, scale, zeroPoint }, attrs) {
    const y = zeros("f32", x!.shape);
    forEachElement(typeChannels(x!, attrs.axis), (i, c) => {
      const used = learnedQparams(scale!.data[c]!, zeroPoint!.data[c]!, attrs);
      y.data[i] = fakeQuantize(x!.data[i]!, used.scale, used.zeroPoint, attrs);
    });
    return { y };
  },

  kernel(types, attrs, device) {
    const { quantMin, quantMax, axis } = attrs;
    const { call, scratch, bindings } = learnedQparamsCall(types, attrs, device);
    const variants = wordVariants(wordGrid(types.x!, axis, device, { packed: false }), vec4, any, { params: { quantMin, quantMax } });
    return variants.map((v) => ({ ...v, scratch, calls: [call, ...v.calls.map((c) => ({ ...c, bindings }))] }));
  },

  grad(b, { inputs: { x, scale, zeroPoint }, attrs }, { y: dy }) {
    if (!dy) return { x: null, scale: null, zeroPoint: null };
    const { dx, dscale, dzeroPoint } = b.emit(learnableFakeQuantizeBackward, { dy, x, scale, zeroPoint }, attrs);
    return { x: dx!, scale: dscale!, zeroPoint: dzeroPoint! };
  },
};
