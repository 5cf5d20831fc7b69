/** Elementwise ops of two numbers with PyTorch's broadcasting and a fused activation: what add, sub, mul and div share. */
import broadcastShader from "../../shaders/binaryBroadcast.wgsl";
import shader from "../../shaders/binary.wgsl";
import vec4Shader from "../../shaders/binaryVec4.wgsl";
import { ShapeError } from "../errors.ts";
import { activate, activationCode, activationGrad, expectActivation } from "./activation.ts";
import { broadcastShape, broadcastStrides, forEachRow, mergeAxes } from "./broadcast.ts";
import { expectDType } from "./check.ts";
import { f32Data } from "./host.ts";
import { ceilDiv, dispatch1d, elementwise } from "./kernel.ts";
import type { DeviceInfo, Emitter, KernelCall, OpDef, Shader, Value, Values, Variant } from "./op.ts";
import { MAX_RANK, wordWalk } from "./pairWalk.ts";
import { reduceTo } from "./sumToSize.ts";
import { formatShape, numel, sameShape, sizes, zeros } from "../tensor/index.ts";

/** FUNCTION of shaders/lib/binary.wgsl, by position. */
const functions = ["add", "sub", "mul", "div"] as const;

export type BinaryAttrs = { readonly activation: string };

/**
 * The op y = act(of(a, b)), f32. `slopes` emits the gradients of a and b from dy (that before the activation), a, b and y, in
 * dy's shape; each is then summed over what its side was spread over. Without `lower` it stays float in a quantized net.
 */
export function binary(
  name: (typeof functions)[number],
  of: (a: number, b: number) => number,
  slopes: (b: Emitter, dy: Value, values: Values) => { readonly a: Value; readonly b: Value },
  lower?: OpDef<BinaryAttrs>["lower"],
): OpDef<BinaryAttrs> {
  return {
    name,
    inputs: ["a", "b"],
    outputs: ["y"],
    quantization: lower ? "own" : "float",
    absorbsActivation: true,
    defaults: { activation: "none" },
    ...(lower && { lower }),

    infer({ a, b }, { activation }, where) {
      expectDType(where, "a", a!, "f32");
      expectDType(where, "b", b!, "f32");
      expectActivation(where, activation);
      const shape = broadcastShape(where, a!.shape, b!.shape);
      if (shape.length > MAX_RANK && !sameShape(a!.shape, b!.shape))
        throw new ShapeError({
          code: "rank-mismatch",
          where,
          problem: "too many axes to broadcast",
          expected: `at most ${MAX_RANK}`,
          got: formatShape(shape),
        });
      return { y: { dtype: "f32", shape } };
    },

    reference(t, { activation }) {
      const shape = sizes(broadcastShape(name, t.a!.shape, t.b!.shape));
      const y = zeros("f32", shape);
      const [a, b, out] = [f32Data(t.a), f32Data(t.b), y.data];
      const strides = [t.a!, t.b!].map((x) => broadcastStrides(sizes(x.shape), shape));
      const inner = shape.at(-1) ?? 1;
      const [stepA, stepB] = [strides[0]!.at(-1) ?? 0, strides[1]!.at(-1) ?? 0];
      forEachRow(shape, strides, (row, [fromA, fromB]) => {
        for (let i = 0; i < inner; i++) out[row + i] = of(a[fromA! + i * stepA]!, b[fromB! + i * stepB]!);
      });
      activate(out, activation);
      return { y };
    },

    grad(b, { inputs, outputs, attrs }, grads): Readonly<Record<string, Value>> {
      if (!grads.y) return {};
      const d = slopes(b, activationGrad(b, attrs.activation, grads.y, outputs.y!), { ...inputs, ...outputs });
      return { a: reduceTo(b, d.a, inputs.a!), b: reduceTo(b, d.b, inputs.b!) };
    },

    kernel({ a, b }, { activation }, device) {
      const constants = { FUNCTION: functions.indexOf(name) };
      const params = { activation: activationCode(activation) };
      if (sameShape(a!.shape, b!.shape)) return elementwise(vec4Shader, shader, a!, { constants, params }, device);
      return [spreadVariant(sizes(a!.shape), sizes(b!.shape), { constants, params }, device)];
    },
  };
}

/** The kernel for operands of different shapes. */
function spreadVariant(
  a: readonly number[],
  b: readonly number[],
  { constants, params }: Pick<KernelCall, "constants" | "params">,
  device: DeviceInfo,
): Variant {
  const y = sizes(broadcastShape("broadcast", a, b));
  // The side that is spread is the kernel's b.
  const SWAPPED = numel(a) < numel(b);
  const walk = wordWalk({ shapes: SWAPPED ? [y, b, a] : [y, a, b], packed: false }, device);
  const call: KernelCall = {
    shader: broadcastShader,
    constants: { ...constants, ...walk.constants, SWAPPED },
    params: { ...walk.params, ...params },
    ...(SWAPPED && { bindings: { a: "b", b: "a" } }),
    workgroups: dispatch1d(walk.threads, 64, device),
  };
  return { name: "broadcast" + (device.software ? "Runs" : ""), calls: [call] };
}

/** The kernel of a shader that includes shaders/lib/broadcast.wgsl, for operands of these shapes. */
export function broadcastVariant(
  shader: Shader,
  a: readonly number[],
  b: readonly number[],
  { constants, params: shared }: Pick<KernelCall, "constants" | "params">,
  device: DeviceInfo,
): Variant {
  const shape = sizes(broadcastShape("broadcast", a, b));
  const merged = mergeAxes(
    shape,
    [a, b].map((side) => broadcastStrides(side, shape)),
  );
  const RANK = merged.shape.length;
  const size = merged.shape[RANK - 1]!;
  const chunks = ceilDiv(size, 4);
  const threads = merged.shape.slice(0, -1).reduce((p, d) => p * d, chunks);
  const [left, right] = merged.strides as [readonly number[], readonly number[]];
  const params: Record<string, number> = { threads, size, chunks, ...shared, aOuter: left[0]!, bOuter: right[0]! };
  for (let i = 1; i < MAX_RANK - 1; i++) {
    const axis = i - MAX_RANK + RANK;
    params[`size${i}`] = merged.shape[axis] ?? 1;
    params[`a${i}`] = left[axis] ?? 0;
    params[`b${i}`] = right[axis] ?? 0;
  }
  const steps = { RANK, A_STEP: left[RANK - 1]!, B_STEP: right[RANK - 1]! };
  const call = { shader, constants: { ...constants, ...steps }, params };
  return { name: "broadcast", calls: [{ ...call, workgroups: dispatch1d(threads, 64, device) }] };
}
