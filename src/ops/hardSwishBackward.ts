/**
 * dx = dy * (x / 3 + 1 / 2), 0 for x <= -3 and dy for x >= 3 (PyTorch), NaN for NaN: the gradient of hardSwish from its
 * input. dy, x and dx f32 of one shape.
 */
import { unaryBackward } from "./unary.ts";

export const hardSwishBackward = unaryBackward({ name: "hardSwish" }, "x", (dy, x) => (x <= -3 ? 0 : x >= 3 ? dy : dy * (x / 3 + 0.5)));
