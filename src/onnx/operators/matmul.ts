/**
 * MatMul as NumPy has it: vectors are matrices of one row or column, leading axes broadcast. A known matrix on the right is the
 * weight of a linear layer, any other product is dot4's matmul.
 */
import { linear } from "../../ops/linear.ts";
import { matmul } from "../../ops/matmul.ts";
import type { Shape } from "../../tensor/index.ts";
import { asRows, withContents } from "../flattened.ts";
import { withShape } from "../operand.ts";
import { operator } from "../operator.ts";

export const matMul = operator({
  type: "MatMul",
  inputs: [2, 2],
  attributes: {},
  emit(c) {
    const given = [c.input(0), c.input(1)] as const;
    for (const x of given) {
      c.expectType(x, "float");
      c.expectRank(x, 1, 6);
    }
    const [isRow, isColumn] = [given[0].shape.length === 1, given[1].shape.length === 1];
    const a = isRow ? withShape(given[0], [1, given[0].shape[0]!]) : given[0];
    const b = isColumn ? withShape(given[1], [given[1].shape[0]!, 1]) : given[1];
    const lead: Shape = (a.shape.length > b.shape.length ? a : b).shape.slice(0, -2);
    const output = (value: string): void => {
      const { shape } = c.typeOf(value);
      const rows = isRow ? [] : [shape.at(-2)!];
      const columns = isColumn ? [] : [shape.at(-1)!];
      c.output(0, value, { shape: [...shape.slice(0, lead.length), ...rows, ...columns] });
    };
    if (!b.known || b.shape.length !== 2) return output(c.emit(matmul, { a: c.value(a), b: c.value(b) }).y!);
    // linear's weight is [out, in].
    const { x, weight, isMoved } = asRows(c, a, b, [1, 0]);
    output(c.emit(linear, { x, weight: isMoved ? c.parameter(withContents(b, weight)) : c.parameter(b, [1, 0]) }).y!);
  },
});
