/** dx = dy * y * (1 - y), the gradient of sigmoid from its output. dy, y and dx f32 of one shape. */
import { unaryBackward } from "./unary.ts";

export const sigmoidBackward = unaryBackward({ name: "sigmoid" }, "y", (dy, y) => dy * (y * (1 - y)));
