/**
 * y = act(a / b), either side broadcast as in PyTorch (shapes aligned at the right, sizes equal or 1). f32, as exact as WGSL's
 * division: 2.5 ULP where b is within 2^-126 to 2^126. The gradient of a is dy / b, that of b -dy * y / b (where the
 * activation changed y, it leaves nothing of dy), of a broadcast side summed over what it was spread over (sumToSize).
 */
import { binary, type BinaryAttrs } from "./binary.ts";
import { mul } from "./mul.ts";
import type { OpDef } from "./op.ts";
import { scalar } from "../tensor/index.ts";

export const div: OpDef<BinaryAttrs> = binary(
  "div",
  (a, b) => a / b,
  (g, dy, { b, y }) => {
    const a = g.emit(div, { a: dy, b }).y!;
    const negative = g.emit(mul, { a, b: g.constant(scalar("f32", -1)) }).y!;
    return { a, b: g.emit(mul, { a: negative, b: y }).y! };
  },
);
