/** y = max(x, 0), NaN kept. x and y f32 of one shape. As an activation, conv2d, linear and add absorb it. */
import shader from "../../shaders/relu.wgsl";
import vec4Shader from "../../shaders/reluVec4.wgsl";
import { activate } from "./activation.ts";
import { expectDType } from "./check.ts";
import { f32Data } from "./host.ts";
import { elementwise } from "./kernel.ts";
import type { OpDef } from "./op.ts";
import { reluBackward } from "./reluBackward.ts";
import { sizes, tensor } from "../tensor/index.ts";
import { lowerRelu } from "./qrelu.ts";

export const relu: OpDef = {
  name: "relu",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "sharesInput",
  activation: "relu",

  infer({ x }, _attrs, where) {
    expectDType(where, "x", x!, "f32");
    return { y: x! };
  },

  reference(t) {
    const y = f32Data(t.x).slice();
    activate(y, "relu");
    return { y: tensor("f32", sizes(t.x!.shape), y) };
  },

  grad: (b, { outputs }, { y: dy }) => ({ x: dy ? b.emit(reluBackward, { dy, y: outputs.y }).dx! : null }),

  lower: lowerRelu,

  kernel: ({ x }, _attrs, device) => elementwise(vec4Shader, shader, x!, {}, device),
};
