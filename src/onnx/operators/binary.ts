/** Sums, differences and products, broadcast as in NumPy. */
import { add } from "../../ops/add.ts";
import { mul } from "../../ops/mul.ts";
import type { OpDef } from "../../ops/op.ts";
import { sub } from "../../ops/sub.ts";
import { int } from "../attributes.ts";
import { together } from "../broadcast.ts";
import { operator } from "../operator.ts";

/** Before version 7 of the operator set, shapes broadcast only on request. */
const binary = (type: string, op: OpDef) => [
  operator({
    type,
    since: 7,
    inputs: [2, 2],
    attributes: {},
    emit(c) {
      const [x, y] = [c.input(0), c.input(1)];
      for (const operand of [x, y]) c.expectType(operand, "float");
      const { a, b, form } = together(c, x, y);
      c.output(0, c.emit(op, { a, b }).y!, form);
    },
  }),
  operator({
    type,
    inputs: [2, 2],
    attributes: { axis: int(), broadcast: int(0) },
    emit(c) {
      const [x, y] = [c.input(0), c.input(1)];
      for (const operand of [x, y]) c.expectType(operand, "float");
      if (c.attributes.broadcast !== 0 && c.attributes.axis !== undefined) c.unsupported("broadcasting from an axis on");
      const { a, b, form } = together(c, x, y);
      c.output(0, c.emit(op, { a, b }).y!, form);
    },
  }),
];

export const binaries = [...binary("Add", add), ...binary("Sub", sub), ...binary("Mul", mul)];
