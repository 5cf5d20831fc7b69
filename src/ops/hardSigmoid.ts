/** y = min(max(x + 3, 0), 6) / 6, NaN kept. x and y f32 of one shape. Source: PyTorch's hardsigmoid (ONNX's has other slopes). */
import { hardSigmoidBackward } from "./hardSigmoidBackward.ts";
import { qhardSigmoid } from "./qhardSigmoid.ts";
import { lowerByTable } from "./table.ts";
import { unary } from "./unary.ts";

export const hardSigmoidOf = (x: number): number => Math.min(Math.max(x + 3, 0), 6) / 6;

export const hardSigmoid = unary({ name: "hardSigmoid" }, hardSigmoidOf, hardSigmoidBackward, {
  quantization: "own",
  lower: lowerByTable(qhardSigmoid, hardSigmoidOf),
});
