/**
 * loss = sum over rows r of loss_r, for reduction "mean" divided by the number of counted rows, with p = softmax(logits_r),
 * l = labels_r and c classes: loss_r = -(1 - labelSmoothing) log p_l - labelSmoothing / c * sum over j of log p_j.
 * A row counts when its label is a class and not ignoreIndex; with no counted row the loss is 0 (PyTorch: NaN).
 * correct = how many counted rows have their largest logit (the first, on ties) at the label.
 * logits f32 [n, c], labels i32 [n], loss f32 [1], correct i32 [1]. A counted row with NaN or +Inf, or with -Inf alone,
 * makes the loss NaN. The reference computes in f64 and rounds once. Formula: PyTorch's cross_entropy.
 */
import { ShapeError } from "../errors.ts";
import { expectDType, expectRank, expectShape, fixedDim } from "./check.ts";
import { f32Data, i32Data } from "./host.ts";
import type { OpDef, Tensors, Types } from "./op.ts";
import { softmaxCrossEntropyBackward } from "./softmaxCrossEntropyBackward.ts";
import { scalar } from "../tensor/index.ts";

export type SoftmaxCrossEntropyAttrs = {
  /** "mean" or "sum" */
  readonly reduction: string;
  readonly labelSmoothing: number;
  readonly ignoreIndex: number;
};

export const softmaxCrossEntropyDefaults: SoftmaxCrossEntropyAttrs = { reduction: "mean", labelSmoothing: 0, ignoreIndex: -100 };

/** @throws ShapeError | DTypeError */
export function expectLoss({ logits, labels }: Types, attrs: SoftmaxCrossEntropyAttrs, where: string): void {
  expectDType(where, "logits", logits!, "f32");
  expectDType(where, "labels", labels!, "i32");
  expectRank(where, "logits", logits!, 2, "[n, classes]");
  fixedDim(where, "logits", logits!, 1);
  expectShape(where, "labels", labels!, [logits!.shape[0]!], "must hold one class per row of logits");
  const fail = (problem: string, expected: string, got: string | number): never => {
    throw new ShapeError({ code: "bad-attribute", where, problem, expected, got: String(got) });
  };
  if (attrs.reduction !== "mean" && attrs.reduction !== "sum") fail("reduction is unknown", "mean or sum", attrs.reduction);
  if (!(attrs.labelSmoothing >= 0 && attrs.labelSmoothing <= 1)) fail("labelSmoothing is out of range", "0 to 1", attrs.labelSmoothing);
  if (!Number.isInteger(attrs.ignoreIndex)) fail("ignoreIndex must be a whole number", "a class or a negative number", attrs.ignoreIndex);
}

/** The rows that count, each with its offset, label and maximum and log of the sum of exp(logit - maximum). */
export function countedRows(
  t: Tensors,
  { ignoreIndex }: SoftmaxCrossEntropyAttrs,
): { offset: number; label: number; max: number; logSum: number }[] {
  const [x, labels, classes] = [f32Data(t.logits), i32Data(t.labels), t.logits!.shape[1]!];
  const rows = [];
  for (let r = 0; r < labels.length; r++) {
    const [label, offset] = [labels[r]!, r * classes];
    if (label === ignoreIndex || label < 0 || label >= classes) continue;
    const row = x.subarray(offset, offset + classes);
    const max = row.reduce((m, v) => Math.max(m, v), -Infinity);
    rows.push({ offset, label, max, logSum: Math.log(row.reduce((s, v) => s + Math.exp(v - max), 0)) });
  }
  return rows;
}

export const softmaxCrossEntropy: OpDef<SoftmaxCrossEntropyAttrs> = {
  name: "softmaxCrossEntropy",
  inputs: ["logits", "labels"],
  outputs: ["loss", "correct"],
  quantization: "float",
  defaults: softmaxCrossEntropyDefaults,

  infer(types, attrs, where) {
    expectLoss(types, attrs, where);
    return { loss: { dtype: "f32", shape: [1] }, correct: { dtype: "i32", shape: [1] } };
  },

  reference(t, attrs) {
    const [x, classes] = [f32Data(t.logits), t.logits!.shape[1]!];
    const rows = countedRows(t, attrs);
    let [loss, correct] = [0, 0];
    for (const { offset, label, max, logSum } of rows) {
      loss -= (1 - attrs.labelSmoothing) * (x[offset + label]! - max - logSum);
      if (attrs.labelSmoothing > 0)
        for (let j = 0; j < classes; j++) loss -= (attrs.labelSmoothing / classes) * (x[offset + j]! - max - logSum);
      if (x.subarray(offset, offset + classes).indexOf(max) === label) correct++;
    }
    if (attrs.reduction === "mean") loss /= Math.max(1, rows.length);
    return { loss: scalar("f32", loss), correct: scalar("i32", correct) };
  },

  grad: (b, { inputs, attrs }, { loss: dloss }) => ({
    logits: dloss ? b.emit(softmaxCrossEntropyBackward, { ...inputs, dloss }, attrs).dlogits! : null,
    labels: null,
  }),

  kernel: () => [],
};
