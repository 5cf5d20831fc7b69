/**
 * loss = sum over rows r of loss_r, for reduction "mean" divided by the number of counted rows, with p = softmax(logits_r),
 * l = labels_r and c classes: loss_r = -(1 - labelSmoothing) log p_l - labelSmoothing / c * sum over j of log p_j.
 * A row counts when its label is a class and not ignoreIndex; with no counted row the loss is 0 (PyTorch: NaN).
 * correct = how many counted rows have their largest logit (the first, on ties) at the label.
 * logits f32 [n, c], labels i32 [n], loss f32 [1], correct i32 [1]. A counted row with NaN or +Inf, or with -Inf alone,
 * makes the loss NaN. The reference computes in f64 and rounds once. Formula: PyTorch's cross_entropy.
 */
import rowShader from "../../shaders/softmaxCrossEntropy.wgsl";
import sumShader from "../../shaders/softmaxCrossEntropySum.wgsl";
import { countedRows, crossEntropyDefaults, expectLoss, type CrossEntropyAttrs } from "./crossEntropy.ts";
import { f32Data } from "./host.ts";
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
      if (Number.isFinite(logSum) && x.subarray(offset, offset + classes).indexOf(max) === label) correct++;
    }
    if (attrs.reduction === "mean") loss /= Math.max(1, rows.length);
    return { loss: scalar("f32", loss), correct: scalar("i32", correct) };
  },

  grad: (b, { inputs, attrs }, { loss: dloss }) => ({
    logits: dloss ? b.emit(softmaxCrossEntropyBackward, { ...inputs, dloss }, attrs).dlogits! : null,
    labels: null,
  }),

  kernel({ logits }, { reduction, labelSmoothing, ignoreIndex }, device): readonly Variant[] {
    const [rows, classes] = logits!.shape as [number, number];
    return [
      {
        name: "rows",
        scratch: { rowLoss: f32([rows]), rowState: i32([rows]) },
        calls: [
          { shader: rowShader, params: { rows, classes, ignoreIndex, labelSmoothing }, workgroups: dispatch1d(rows, 64, device) },
          { shader: sumShader, params: { rows, mean: Number(reduction === "mean") }, workgroups: [1, 1, 1] },
        ],
      },
    ];
  },
};
