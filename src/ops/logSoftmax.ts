/**
 * y = x - log(sum of exp(x)) along the last axis, which may also be given by its number. x and y f32 of one shape. The GPU
 * takes exp of x less the row's largest element. A row with NaN or +Inf, or with -Inf alone, becomes NaN (PyTorch). The
 * reference computes in f64 and rounds once. The gradient is dy - softmax(x) * sum of dy.
 */
import shader from "../../shaders/logSoftmax.wgsl";
import { f32Data, zerosLike } from "./host.ts";
import { dispatch1d } from "./kernel.ts";
import { mul } from "./mul.ts";
import type { OpDef } from "./op.ts";
import { softmax, type SoftmaxAttrs } from "./softmax.ts";
import { sub } from "./sub.ts";
import { sumToSize } from "./sumToSize.ts";
import { numel, sizes } from "../tensor/index.ts";

export const logSoftmax: OpDef<SoftmaxAttrs> = {
  name: "logSoftmax",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "float",
  defaults: { axis: -1 },

  infer: (types, attrs, where) => softmax.infer(types, attrs, where),

  reference({ x }) {
    const [values, y] = [f32Data(x), zerosLike(x!)];
    const classes = x!.shape.at(-1)!;
    for (let start = 0; start < values.length; start += classes) {
      const row = values.subarray(start, start + classes);
      const max = row.reduce((m, v) => Math.max(m, v), -Infinity);
      const log = Math.log(row.reduce((s, v) => s + Math.exp(v - max), 0));
      row.forEach((v, j) => (y.data[start + j] = v - max - log));
    }
    return { y };
  },

  grad(b, { inputs, attrs }, { y: dy }) {
    if (!dy) return { x: null };
    const shape = b.type(dy).shape.map((_, axis, { length }) => (axis === length - 1 ? 1 : -1));
    const share = b.emit(softmax, { x: inputs.x }, attrs).y!;
    const sum = b.emit(sumToSize, { x: dy }, { shape }).y!;
    return { x: b.emit(sub, { a: dy, b: b.emit(mul, { a: share, b: sum }).y! }).y! };
  },

  kernel({ x }, _attrs, device) {
    const classes = sizes(x!.shape).at(-1)!;
    const rows = classes === 0 ? 0 : numel(x!.shape) / classes;
    const call = { shader, params: { rows, classes }, bindings: { logits: "x" }, workgroups: dispatch1d(rows, 64, device) };
    return [{ name: "rows", calls: [call] }];
  },
};
