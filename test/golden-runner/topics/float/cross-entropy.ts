/** Cross entropy of class indices, and the logarithms of softmax that it is made of. */
import type { Value, Values } from "../../../../src/ops/index.ts";
import { tensor } from "../../../../src/tensor/index.ts";
import { emit, emitWithGradient, evaluate, reshaped, type Adapter } from "../../evaluate.ts";
import { number, oneOf, readAttrs, readInputs, Refused } from "../../golden-case.ts";

export const crossEntropy: Adapter = async (c, backend) => {
  const a = readAttrs(c, { reduction: oneOf("mean", "sum", "none"), label_smoothing: number, ignore_index: number });
  // I64 class indices arrive narrowed to i32; class probabilities (f32) are refused by their element type.
  const { x, target, dy } = readInputs(c, { x: "f32", target: "i32", dy: "f32" });
  if (x.shape.length !== 2) throw new Refused(`cross entropy of rank ${x.shape.length} is not offered`);
  const attrs = { reduction: a.reduction, labelSmoothing: a.label_smoothing, ignoreIndex: a.ignore_index };
  const dloss = a.reduction === "none" ? dy : reshaped(dy, [1]);
  const [rows, classes] = x.shape as [number, number];
  const got = await evaluate(backend, { logits: x, labels: target, dloss }, (b) => {
    const { outputs, gradients } = emitWithGradient(b, "softmaxCrossEntropy", { logits: "logits", labels: "labels" }, attrs, {
      loss: "dloss",
    });
    // The loss of a row for a label is -log_softmax of that class.
    const lossOf = (label: number): Value => {
      const labels = b.constant(tensor("i32", [rows], new Int32Array(rows).fill(label)));
      return emit(b, "softmaxCrossEntropy", { logits: "logits", labels }, { reduction: "none" }).loss!;
    };
    const columns = Array.from({ length: classes }, (_, j) => [`column${j}`, lossOf(j)]);
    return {
      loss: outputs.loss!,
      dx: gradients.logits!,
      softmax: emit(b, "softmax", { x: "logits" }).y!,
      ...Object.fromEntries(columns),
    } as Values;
  });
  const logSoftmax = Float32Array.from({ length: rows * classes }, (_, i) => -got[`column${i % classes}`]!.data[Math.floor(i / classes)]!);
  const { loss, dx, softmax } = got;
  return { outputs: { loss: loss!, dx: dx!, softmax: softmax!, log_softmax: tensor("f32", x.shape, logSoftmax) } };
};
