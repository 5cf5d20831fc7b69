/**
 * dx = y <= 0 || y >= 6 ? 0 : dy, the gradient of relu6 from its output. 0 at both bounds (PyTorch); where y is NaN, dy passes.
 * dy, y and dx f32 of one shape.
 */
import shader from "../../shaders/reluBackward.wgsl";
import vec4Shader from "../../shaders/reluBackwardVec4.wgsl";
import { f32Data, zerosLike } from "./host.ts";
import { expectDType, expectShape } from "./check.ts";
import { elementwise } from "./kernel.ts";
import type { OpDef } from "./op.ts";

export const relu6Backward: OpDef = {
  name: "relu6Backward",
  inputs: ["dy", "y"],
  outputs: ["dx"],
  quantization: "float",

  infer({ dy, y }, _attrs, where) {
    expectDType(where, "dy", dy!, "f32");
    expectDType(where, "y", y!, "f32");
    expectShape(where, "dy", dy!, y!.shape, "must have the shape of y");
    return { dx: dy! };
  },

  reference(t) {
    const dx = zerosLike(t.dy!);
    const [g, y, out] = [f32Data(t.dy), f32Data(t.y), dx.data];
    for (let i = 0; i < out.length; i++) out[i] = y[i]! <= 0 || y[i]! >= 6 ? 0 : g[i]!;
    return { dx };
  },

  kernel: ({ dy }, _attrs, device) => elementwise(vec4Shader, shader, dy!, { activation: 2 }, device),
};
