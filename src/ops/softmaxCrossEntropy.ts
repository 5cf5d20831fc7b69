/**
 * loss = sum over rows r of loss_r, for reduction "mean" divided by the number of counted rows, for "none" the loss_r
 * themselves, with p = softmax(logits_r), l = labels_r and c classes: loss_r = -(1 - labelSmoothing) log p_l - labelSmoothing / c * sum over j of log p_j.
 * A row counts when its label is a class and not ignoreIndex; others have the loss 0; with no counted row a mean
 * is 0, too (PyTorch: NaN).
 * correct = how many counted rows have their largest logit (the first, on ties) at the label.
 * logits f32 [n, c], labels i32 [n], loss f32 [1] or [n], correct i32 [1]. A counted row with NaN or +Inf, or with -Inf alone,
 * makes the loss NaN. The reference computes in f64 and rounds once. Formula: PyTorch's cross_entropy.
 */
import rowShader from "../../shaders/softmaxCrossEntropy.wgsl";
import sumShader from "../../shaders/softmaxCrossEntropySum.wgsl";
import { countedRows, crossEntropyDefaults, expectLoss, type CrossEntropyAttrs } from "./crossEntropy.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import { dispatch1d } from "./kernel.ts";
import type { OpDef, Variant } from "./op.ts";
import { softmaxCrossEntropyBackward } from "./softmaxCrossEntropyBackward.ts";
import { f32, i32, scalar } from "../tensor/index.ts";

export const softmaxCrossEntropy: OpDef<CrossEntropyAttrs> = {
  name: "softmaxCrossEntropy",
  inputs: ["logits", "labels"],
  outputs: ["loss", "correct"],
  quantization: "float",
  defaults: crossEntropyDefaults,

  infer(types, attrs, where) {
    return { loss: expectLoss(types, attrs, where), correct: { dtype: "i32", shape: [1] } };
  },

  reference(t, attrs) {
    const [x, classes] = [f32Data(t.logits), t.logits!.shape[1]!];
    const rows = countedRows(t, attrs);
    const losses = f64Zeros(t.labels!.shape);
    let correct = 0;
    for (const { row, offset, label, max, logSum } of rows) {
      let loss = -(1 - attrs.labelSmoothing) * (x[offset + label]! - max - logSum);
      if (attrs.labelSmoothing > 0)
        for (let j = 0; j < classes; j++) loss -= (attrs.labelSmoothing / classes) * (x[offset + j]! - max - logSum);
      losses[row] = loss;
      if (Number.isFinite(logSum) && x.subarray(offset, offset + classes).indexOf(max) === label) correct++;
    }
    const sum = losses.reduce((a, b) => a + b, 0) / (attrs.reduction === "mean" ? Math.max(1, rows.length) : 1);
    const loss = attrs.reduction === "none" ? rounded(t.labels!.shape, losses) : scalar("f32", sum);
    return { loss, correct: scalar("i32", correct) };
  },

  grad: (b, { inputs, attrs }, { loss: dloss }) => ({
    logits: dloss ? b.emit(softmaxCrossEntropyBackward, { ...inputs, dloss }, attrs).dlogits! : null,
    labels: null,
  }),

  kernel({ logits }, { reduction, labelSmoothing, ignoreIndex }, device): readonly Variant[] {
    const [rows, classes] = logits!.shape as [number, number];
    const none = reduction === "none";
    return [
      {
        name: "rows",
        // Without reduction the rows' losses are the output, and their sum is nobody's.
        scratch: { rowState: i32([rows]), ...(none ? { sum: f32([1]) } : { rowLoss: f32([rows]) }) },
        calls: [
          {
            shader: rowShader,
            params: { rows, classes, ignoreIndex, labelSmoothing },
            bindings: none ? { rowLoss: "loss" } : {},
            workgroups: dispatch1d(rows, 64, device),
          },
          {
            shader: sumShader,
            params: { rows, mean: Number(reduction === "mean") },
            bindings: none ? { rowLoss: "loss", loss: "sum" } : {},
            workgroups: [1, 1, 1],
          },
        ],
      },
    ];
  },
};
