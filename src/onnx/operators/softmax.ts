/**
 * Softmax and LogSoftmax along any axis, which is brought to the end. Before version 13 of the operator set the axis began those
 * that are taken together, from there to the end.
 */
import { logSoftmax } from "../../ops/logSoftmax.ts";
import type { OpDef, Value } from "../../ops/op.ts";
import { reshape } from "../../ops/reshape.ts";
import { softmax } from "../../ops/softmax.ts";
import { numel } from "../../tensor/index.ts";
import { int } from "../attributes.ts";
import { reshapeTo } from "../operand.ts";
import { operator } from "../operator.ts";

const normalized = (type: string, op: OpDef) => [
  operator({
    type,
    since: 13,
    inputs: [1, 1],
    attributes: { axis: int(-1) },
    emit(c) {
      const x = c.input(0);
      c.expectType(x, "float");
      const axis = c.axis(c.attributes.axis, x.shape.length);
      const axes = [...c.lying(x).axes.filter((a) => a !== axis), axis];
      c.output(0, c.emit(op, { x: c.value(x, axes) }).y!, { axes });
    },
  }),
  operator({
    type,
    inputs: [1, 1],
    attributes: { axis: int(1) },
    emit(c) {
      const x = c.input(0);
      c.expectType(x, "float");
      const axis = c.axis(c.attributes.axis, x.shape.length);
      const [outer, inner] = [x.shape.slice(0, axis), x.shape.slice(axis)];
      if (!inner.every((d) => typeof d === "number")) c.unsupported("taking a symbolic axis together with others");
      const together = inner.length > 1;
      const shaped = (value: Value, shape: readonly number[], name?: string): Value =>
        together ? c.emit(reshape, { x: value }, { shape }, name).y! : value;
      const rows = shaped(c.value(x), [...reshapeTo(outer), numel(inner)], "rows");
      c.output(0, shaped(c.emit(op, { x: rows }, {}, together ? "normalized" : undefined).y!, reshapeTo(x.shape)));
    },
  }),
];

export const softmaxes = [...normalized("Softmax", softmax), ...normalized("LogSoftmax", logSoftmax)];
