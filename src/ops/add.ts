/**
 * y = act(a + b), either side broadcast as in PyTorch (shapes aligned at the right, sizes equal or 1). f32. The gradient
 * of a broadcast side is the sum over what it was spread over (sumToSize).
 */
import shader from "../../shaders/add.wgsl";
import vec4Shader from "../../shaders/addVec4.wgsl";
import broadcastShader from "../../shaders/addBroadcast.wgsl";
import { ShapeError } from "../errors.ts";
import { activate, activationCode, activationGrad, expectActivation } from "./activation.ts";
import { broadcastShape, broadcastStrides, forEachRow, mergeAxes } from "./broadcast.ts";
import { expectDType } from "./check.ts";
import { f32Data } from "./host.ts";
import { dispatch1d, elementwise } from "./kernel.ts";
import type { DeviceInfo, Emitter, OpDef, Value, Variant } from "./op.ts";
import { sumToSize, sumToSizeOf } from "./sumToSize.ts";
import { formatShape, numel, sameShape, sizes, zeros } from "../tensor/index.ts";
import { lowerAdd } from "./qadd.ts";

/** Axes that the broadcasting kernel walks; neighbours that both sides step alike count as one there. */
const MAX_RANK = 6;

export type AddAttrs = { readonly activation: string };

export const add: OpDef<AddAttrs> = {
  name: "add",
  inputs: ["a", "b"],
  outputs: ["y"],
  quantization: "own",
  absorbsActivation: true,
  defaults: { activation: "none" },

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
    const shape = sizes(broadcastShape("add", t.a!.shape, t.b!.shape));
    const y = zeros("f32", shape);
    const [a, b, out] = [f32Data(t.a), f32Data(t.b), y.data];
    const strides = [t.a!, t.b!].map((x) => broadcastStrides(sizes(x.shape), shape));
    const inner = shape.at(-1) ?? 1;
    const [stepA, stepB] = [strides[0]!.at(-1) ?? 0, strides[1]!.at(-1) ?? 0];
    forEachRow(shape, strides, (row, [fromA, fromB]) => {
      for (let i = 0; i < inner; i++) out[row + i] = a[fromA! + i * stepA]! + b[fromB! + i * stepB]!;
    });
    activate(out, activation);
    return { y };
  },

  grad(b, { inputs, outputs, attrs }, grads): Readonly<Record<string, Value>> {
    if (!grads.y) return {};
    const dy = activationGrad(b, attrs.activation, grads.y, outputs.y!);
    return { a: reduceTo(b, dy, inputs.a!), b: reduceTo(b, dy, inputs.b!) };
  },

  lower: lowerAdd,

  kernel({ a, b }, { activation }, device) {
    const code = activationCode(activation);
    if (sameShape(a!.shape, b!.shape)) return elementwise(vec4Shader, shader, a!, { activation: code }, device);
    return [broadcastVariant(sizes(a!.shape), sizes(b!.shape), code, device)];
  },
};

/** dy summed to the shape of `input`; dy itself where nothing was broadcast. */
function reduceTo(b: Emitter, dy: Value, input: Value): Value {
  const [from, to] = [b.type(dy).shape, b.type(input).shape];
  return sameShape(from, to) ? dy : b.emit(sumToSize, { x: dy }, { shape: sumToSizeOf(from, to) }).y!;
}

function broadcastVariant(a: readonly number[], b: readonly number[], activation: number, device: DeviceInfo): Variant {
  const shape = sizes(broadcastShape("add", a, b));
  const merged = mergeAxes(
    shape,
    [a, b].map((side) => broadcastStrides(side, shape)),
  );
  const rank = merged.shape.length;
  const params: Record<string, number> = { elements: numel(shape), rank, activation };
  for (let i = 0; i < MAX_RANK; i++) {
    const axis = i - MAX_RANK + rank;
    if (i > 0) params[`size${i}`] = merged.shape[axis] ?? 1;
    params[`a${i}`] = merged.strides[0]![axis] ?? 0;
    params[`b${i}`] = merged.strides[1]![axis] ?? 0;
  }
  return { name: "broadcast", calls: [{ shader: broadcastShader, params, workgroups: dispatch1d(numel(shape), 64, device) }] };
}
