/**
 * dx = -3 < x < 3 ? dy / 6 : 0, the gradient of hardSigmoid from its input: 0 at both bounds and for NaN (PyTorch).
 * dy, x and dx f32 of one shape.
 */
import { unaryBackward } from "./unary.ts";

export const hardSigmoidBackward = unaryBackward({ name: "hardSigmoid" }, "x", (dy, x) => (x > -3 && x < 3 ? dy / 6 : 0));
