/** y = max(x, 0), NaN kept. x and y f32 of one shape. As an activation, conv2d, linear and others absorb it. */
import { relu1 } from "./activation.ts";
import { lowerRelu } from "./qrelu.ts";
import { reluBackward } from "./reluBackward.ts";
import { unary } from "./unary.ts";

export const relu = unary({ name: "relu" }, relu1, reluBackward, {
  quantization: "sharesInput",
  activation: "relu",
  lower: lowerRelu,
});
