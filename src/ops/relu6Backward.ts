/**
 * dx = y <= 0 || y >= 6 ? 0 : dy, the gradient of relu6 from its output. 0 at both bounds (PyTorch); where y is NaN, dy passes.
 * dy, y and dx f32 of one shape.
 */
import { unaryBackward } from "./unary.ts";

export const relu6Backward = unaryBackward({ name: "relu6" }, "y", (dy, y) => (y <= 0 || y >= 6 ? 0 : dy));
