/**
 * y = act(a - b), either side broadcast as in PyTorch (shapes aligned at the right, sizes equal or 1). f32. The gradient
 * of a is dy, that of b -dy, of a broadcast side summed over what it was spread over (sumToSize).
 */
import { binary } from "./binary.ts";
import { mul } from "./mul.ts";
import { scalar } from "../tensor/index.ts";
import { lowerSub } from "./qsub.ts";

export const sub = binary(
  "sub",
  (a, b) => a - b,
  (g, dy) => ({ a: dy, b: g.emit(mul, { a: dy, b: g.constant(scalar("f32", -1)) }).y! }),
  lowerSub,
);
