/**
 * y = act(a * b), either side broadcast as in PyTorch (shapes aligned at the right, sizes equal or 1). f32. The gradient
 * of a is dy * b, that of b dy * a, of a broadcast side summed over what it was spread over (sumToSize).
 */
import { binary } from "./binary.ts";
import type { OpDef } from "./op.ts";
import { lowerMul } from "./qmul.ts";

export const mul: OpDef<{ readonly activation: string }> = binary(
  "mul",
  (a, b) => a * b,
  (g, dy, { a, b }) => ({ a: g.emit(mul, { a: dy, b }).y!, b: g.emit(mul, { a: dy, b: a }).y! }),
  lowerMul,
);
