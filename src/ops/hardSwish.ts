/**
 * y = x * min(max(x + 3, 0), 6) / 6, NaN kept, 0 for -Inf. x and y f32 of one shape. Source: PyTorch's hardswish, which gives
 * NaN for -Inf.
 */
import { hardSigmoidOf } from "./hardSigmoid.ts";
import { hardSwishBackward } from "./hardSwishBackward.ts";
import { qhardSwish } from "./qhardSwish.ts";
import { lowerByTable } from "./table.ts";
import { unary } from "./unary.ts";

export const hardSwishOf = (x: number): number => (x <= -3 ? 0 : x * hardSigmoidOf(x));

export const hardSwish = unary({ name: "hardSwish" }, hardSwishOf, hardSwishBackward, {
  quantization: "own",
  lower: lowerByTable(qhardSwish, hardSwishOf),
});
