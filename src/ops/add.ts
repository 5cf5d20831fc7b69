/**
 * y = act(a + b), either side broadcast as in PyTorch (shapes aligned at the right, sizes equal or 1). f32. The gradient
 * of a broadcast side is the sum over what it was spread over (sumToSize).
 */
import { activate, activationGrad, expectActivation } from "./activation.ts";
import { broadcastShape, broadcastStrides, forEachRow } from "./broadcast.ts";
import { expectDType } from "./check.ts";
import { f32Data } from "./host.ts";
import type { Emitter, OpDef, Value } from "./op.ts";
import { sumToSize, sumToSizeOf } from "./sumToSize.ts";
import { sameShape, sizes, zeros } from "../tensor/index.ts";

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
    return { y: { dtype: "f32", shape: broadcastShape(where, a!.shape, b!.shape) } };
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

  kernel: () => [],
};

/** dy summed to the shape of `input`; dy itself where nothing was broadcast. */
function reduceTo(b: Emitter, dy: Value, input: Value): Value {
  const [from, to] = [b.type(dy).shape, b.type(input).shape];
  return sameShape(from, to) ? dy : b.emit(sumToSize, { x: dy }, { shape: sumToSizeOf(from, to) }).y!;
}
