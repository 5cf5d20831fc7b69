import { softmaxCrossEntropy } from "../ops/softmaxCrossEntropy.ts";
import type { Attrs, OpDef } from "../ops/op.ts";

/** An op with inputs logits and labels and outputs loss and correct, with reductions "mean" and "sum". */
export interface Loss {
  readonly op: OpDef;
  readonly attrs: Attrs;
}

/** Softmax and cross entropy of logits [n, classes] with labels [n]. */
export const crossEntropy = ({ labelSmoothing = 0 }: { readonly labelSmoothing?: number } = {}): Loss => ({
  op: softmaxCrossEntropy,
  attrs: { labelSmoothing },
});
