/**
 * lossTotalOut = lossTotal + loss and correctTotalOut = correctTotal + correct: how a training graph gathers what
 * softmaxCrossEntropy says of each batch, to be read every so many steps. All [1]; losses f32, counts i32 (wrapping).
 */
import shader from "../../shaders/accumulate.wgsl";
import { expectDType, expectShape } from "./check.ts";
import { f32Data, i32Data } from "./host.ts";
import type { OpDef } from "./op.ts";
import { scalar } from "../tensor/index.ts";

export const accumulate: OpDef = {
  name: "accumulate",
  inputs: ["loss", "correct", "lossTotal", "correctTotal"],
  outputs: ["lossTotalOut", "correctTotalOut"],
  quantization: "float",

  infer(types, _attrs, where) {
    for (const name of accumulate.inputs) {
      expectDType(where, name, types[name]!, name.startsWith("loss") ? "f32" : "i32");
      expectShape(where, name, types[name]!, [1], "must be a scalar");
    }
    return { lossTotalOut: types.lossTotal!, correctTotalOut: types.correctTotal! };
  },

  reference: (t) => ({
    lossTotalOut: scalar("f32", f32Data(t.lossTotal)[0]! + f32Data(t.loss)[0]!),
    correctTotalOut: scalar("i32", (i32Data(t.correctTotal)[0]! + i32Data(t.correct)[0]!) | 0),
  }),

  kernel: () => [
    {
      name: "inPlace",
      inPlace: { lossTotalOut: "lossTotal", correctTotalOut: "correctTotal" },
      calls: [{ shader, workgroups: [1, 1, 1] }],
    },
  ],
};
