/**
 * dx = y * (dy - sum of dy * y along the last axis), the gradient of softmax from its output. dy, y and dx f32 of one shape.
 * The reference sums in f64 and rounds once.
 */
import shader from "../../shaders/softmaxBackward.wgsl";
import { expectDType, expectShape, fixedDim } from "./check.ts";
import { f32Data, zerosLike } from "./host.ts";
import { dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";
import { numel, sizes } from "../tensor/index.ts";

export const softmaxBackward: OpDef = {
  name: "softmaxBackward",
  inputs: ["dy", "y"],
  outputs: ["dx"],
  quantization: "float",

  infer({ dy, y }, _attrs, where) {
    expectDType(where, "dy", dy!, "f32");
    expectDType(where, "y", y!, "f32");
    expectShape(where, "dy", dy!, y!.shape, "must have the shape of y");
    fixedDim(where, "y", y!, -1);
    return { dx: dy! };
  },

  reference(t) {
    const [dy, y, dx] = [f32Data(t.dy), f32Data(t.y), zerosLike(t.dy!)];
    const classes = t.y!.shape.at(-1)!;
    for (let start = 0; start < y.length; start += classes) {
      let sum = 0;
      for (let j = start; j < start + classes; j++) sum += dy[j]! * y[j]!;
      for (let j = start; j < start + classes; j++) dx.data[j] = y[j]! * (dy[j]! - sum);
    }
    return { dx };
  },

  kernel({ y }, _attrs, device) {
    const classes = sizes(y!.shape).at(-1)!;
    const rows = classes === 0 ? 0 : numel(y!.shape) / classes;
    return [{ name: "rows", calls: [{ shader, params: { rows, classes }, workgroups: dispatch1d(rows, 64, device) }] }];
  },
};
