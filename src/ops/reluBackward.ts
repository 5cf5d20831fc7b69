/**
 * dx = y <= 0 ? 0 : dy, the gradient of relu from its output. 0 at x = 0 (PyTorch); where y is NaN, dy passes.
 * dy, y and dx f32 of one shape.
 */
import { unaryBackward } from "./unary.ts";

export const reluBackward = unaryBackward({ name: "relu" }, "y", (dy, y) => (y <= 0 ? 0 : dy));
