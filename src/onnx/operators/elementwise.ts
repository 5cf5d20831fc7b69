/** Operators that treat every element alike, however the tensor lies in memory. */
import { relu } from "../../ops/relu.ts";
import { sigmoid } from "../../ops/sigmoid.ts";
import { ints } from "../attributes.ts";
import { operator } from "../operator.ts";
import type { OpDef } from "../../ops/op.ts";

const unary = (type: string, op: OpDef) =>
  operator({
    type,
    inputs: [1, 1],
    attributes: { consumed_inputs: ints() },
    emit(c) {
      c.expectType(c.input(0), "float");
      c.elementwise((x) => c.emit(op, { x }).y!);
    },
  });

export const elementwise = [unary("Relu", relu), unary("Sigmoid", sigmoid)];
