/**
 * The gradient of softmaxCrossEntropy: dlogits[r, j] = scale * (p_j - (1 - labelSmoothing) [j = label] - labelSmoothing / c)
 * in counted rows, 0 in others; scale = dloss, for reduction "mean" divided by the number of counted rows, for "none" dloss[r].
 * logits f32 [n, c], labels i32 [n], dloss f32 [1] or [n], dlogits [n, c]. The reference computes in f64 and rounds once.
 */
import shader from "../../shaders/softmaxCrossEntropyBackward.wgsl";
import countShader from "../../shaders/softmaxCrossEntropyBackwardCount.wgsl";
import { expectDType, expectShape } from "./check.ts";
import { countedRows, crossEntropyDefaults, expectLoss, type CrossEntropyAttrs } from "./crossEntropy.ts";
import { f32Data, zerosLike } from "./host.ts";
import { dispatch1d } from "./kernel.ts";
import type { OpDef, Variant } from "./op.ts";
import { i32 } from "../tensor/index.ts";

export const softmaxCrossEntropyBackward: OpDef<CrossEntropyAttrs> = {
  name: "softmaxCrossEntropyBackward",
  inputs: ["logits", "labels", "dloss"],
  outputs: ["dlogits"],
  quantization: "float",
  defaults: crossEntropyDefaults,

  infer(types, attrs, where) {
    const loss = expectLoss(types, attrs, where);
    expectDType(where, "dloss", types.dloss!, "f32");
    expectShape(where, "dloss", types.dloss!, loss.shape, "must have the shape of the loss");
    return { dlogits: types.logits! };
  },

  reference(t, attrs) {
    const [x, classes, dlogits] = [f32Data(t.logits), t.logits!.shape[1]!, zerosLike(t.logits!)];
    const rows = countedRows(t, attrs);
    const count = attrs.reduction === "mean" ? Math.max(1, rows.length) : 1;
    for (const { row, offset, label, max, logSum } of rows) {
      const scale = f32Data(t.dloss)[attrs.reduction === "none" ? row : 0]! / count;
      for (let j = 0; j < classes; j++) {
        const target = attrs.labelSmoothing / classes + (j === label ? 1 - attrs.labelSmoothing : 0);
        dlogits.data[offset + j] = scale * (Math.exp(x[offset + j]! - max - logSum) - target);
      }
    }
    return { dlogits };
  },

  kernel({ logits }, { reduction, labelSmoothing, ignoreIndex }, device): readonly Variant[] {
    const [rows, classes] = logits!.shape as [number, number];
    const [mean, dlossStep] = [Number(reduction === "mean"), Number(reduction === "none")];
    return [
      {
        name: "rows",
        scratch: { counted: i32([1]) },
        calls: [
          { shader: countShader, params: { rows, classes, ignoreIndex }, workgroups: [1, 1, 1] },
          { shader, params: { rows, classes, ignoreIndex, labelSmoothing, mean, dlossStep }, workgroups: dispatch1d(rows, 64, device) },
        ],
      },
    ];
  },
};
