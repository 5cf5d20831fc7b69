/**
 * y = x: the very same memory. Marks a value that post-training quantization will quantize with scale and zeroPoint, where
 * quantization-aware training has fakeQuantize. Takes fakeQuantize's inputs and attributes.
 */
import type { OpDef } from "./op.ts";
import { inferFakeQuantize, type FakeQuantizeAttrs } from "./quantizer.ts";

export const observe: OpDef<FakeQuantizeAttrs> = {
  name: "observe",
  inputs: ["x", "scale", "zeroPoint"],
  outputs: ["y"],
  quantization: "float",
  quantizer: true,
  defaults: { axis: null },

  infer: (types, attrs, where) => ({ y: inferFakeQuantize(types, attrs, where) }),
  reference: ({ x }) => ({ y: x! }),
  kernel: () => [{ name: "alias", alias: { y: "x" }, calls: [] }],
  grad: (_b, _node, { y: dy }) => ({ x: dy ?? null, scale: null, zeroPoint: null }),
};
