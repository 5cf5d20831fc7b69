/** y = min(max(x, 0), 6), NaN kept. x and y f32 of one shape. As an activation, conv2d, linear and others absorb it. */
import { relu6of } from "./activation.ts";
import { lowerRelu6 } from "./qrelu6.ts";
import { relu6Backward } from "./relu6Backward.ts";
import { unary } from "./unary.ts";

export const relu6 = unary({ name: "relu6" }, relu6of, relu6Backward, {
  quantization: "sharesInput",
  activation: "relu6",
  lower: lowerRelu6,
});
