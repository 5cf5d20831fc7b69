/**
 * y = exp(x) / sum of exp(x) along the last axis, which may also be given by its number. x and y f32 of one shape. The GPU
 * takes exp of x less the row's largest element. A row with NaN or +Inf, or with -Inf alone, becomes NaN (PyTorch). The
 * reference computes in f64 and rounds once.
 */
import shader from "../../shaders/softmax.wgsl";
import { ShapeError } from "../errors.ts";
import { expectDType, fixedDim } from "./check.ts";
import { f32Data, zerosLike } from "./host.ts";
import { dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";
import { softmaxBackward } from "./softmaxBackward.ts";
import { formatType, numel, sizes } from "../tensor/index.ts";

export type SoftmaxAttrs = { readonly axis: number };

export const softmax: OpDef<SoftmaxAttrs> = {
  name: "softmax",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "float",
  defaults: { axis: -1 },

  infer({ x }, { axis }, where) {
    expectDType(where, "x", x!, "f32");
    const last = x!.shape.length - 1;
    if (last < 0 || (axis !== -1 && axis !== last))
      throw new ShapeError({
        code: "bad-attribute",
        where,
        problem: "axis must be the last axis",
        expected: last < 0 ? "x of at least one axis" : `-1 or ${last}`,
        got: `axis ${axis}, x ${formatType(x!)}`,
        remedy: "Transpose x first",
      });
    fixedDim(where, "x", x!, -1);
    return { y: x! };
  },

  reference({ x }) {
    const [values, y] = [f32Data(x), zerosLike(x!)];
    const classes = x!.shape.at(-1)!;
    for (let start = 0; start < values.length; start += classes) {
      const row = values.subarray(start, start + classes);
      const max = row.reduce((m, v) => Math.max(m, v), -Infinity);
      const sum = row.reduce((s, v) => s + Math.exp(v - max), 0);
      row.forEach((v, j) => (y.data[start + j] = Math.exp(v - max) / sum));
    }
    return { y };
  },

  grad: (b, { outputs }, { y: dy }) => ({ x: dy ? b.emit(softmaxBackward, { dy, y: outputs.y }).dx! : null }),

  kernel({ x }, _attrs, device) {
    const classes = sizes(x!.shape).at(-1)!;
    const rows = classes === 0 ? 0 : numel(x!.shape) / classes;
    const call = { shader, params: { rows, classes }, bindings: { logits: "x" }, workgroups: dispatch1d(rows, 64, device) };
    return [{ name: "rows", calls: [call] }];
  },
};
