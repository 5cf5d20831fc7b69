/**
 * y = act(a + b), either side broadcast as in PyTorch (shapes aligned at the right, sizes equal or 1). f32. The gradient
 * of a broadcast side is the sum over what it was spread over (sumToSize).
 */
import { binary } from "./binary.ts";
import { lowerAdd } from "./qadd.ts";

export const add = binary(
  "add",
  (a, b) => a + b,
  (_b, dy) => ({ a: dy, b: dy }),
  lowerAdd,
);
