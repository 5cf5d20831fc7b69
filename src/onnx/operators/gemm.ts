import { add } from "../../ops/add.ts";
import { linear } from "../../ops/linear.ts";
import { mul } from "../../ops/mul.ts";
import { tensor } from "../../tensor/index.ts";
import type { Value } from "../../ops/op.ts";
import { float, int } from "../attributes.ts";
import type { Context } from "../context.ts";
import { asRows, withContents } from "../flattened.ts";
import type { Operand } from "../operand.ts";
import { operator } from "../operator.ts";

/** y = alpha A' B' + beta C; where A is a flattened image, B's columns follow the order in which its pixels lie. */
export const gemm = operator({
  type: "Gemm",
  inputs: [2, 3],
  attributes: { alpha: float(1), beta: float(1), transA: int(0), transB: int(0), broadcast: int(0) },
  emit(c) {
    const [a, b, bias] = [c.input(0), c.input(1), c.optional(2)];
    for (const operand of [a, b, ...(bias ? [bias] : [])]) c.expectType(operand, "float");
    c.expectRank(a, 2);
    c.expectRank(b, 2);
    const { alpha, beta, transA, transB } = c.attributes;
    // linear's weight is [out, in], which is B where transB is set.
    const axes = transB !== 0 ? [0, 1] : [1, 0];
    const { x, weight } = factors(c, a, b, axes, transA !== 0);
    const out = c.typeOf(weight).shape[0] as number;
    const isBias = bias !== undefined && alpha === 1 && beta === 1 && bias.shape.length === 1 && bias.shape[0] === out;
    let y = c.emit(linear, { x, weight, bias: isBias ? c.parameter(bias) : undefined }).y!;
    if (alpha !== 1) y = scaled(c, y, alpha);
    if (bias && !isBias) y = c.emit(add, { a: y, b: beta === 1 ? c.value(bias) : scaled(c, c.value(bias), beta) }, {}, "sum").y!;
    c.output(0, y);
  },
});

/** A' and the weight [out, in] that B is. */
function factors(
  c: Context,
  a: Operand,
  b: Operand,
  axes: readonly number[],
  isTransposed: boolean,
): { readonly x: Value; readonly weight: Value } {
  if (isTransposed || !b.known) return { x: c.value(a, isTransposed ? [1, 0] : undefined), weight: c.parameter(b, axes) };
  const { x, weight, isMoved } = asRows(c, a, b, axes);
  return { x, weight: isMoved ? c.parameter(withContents(b, weight)) : c.parameter(b, axes) };
}

const scaled = (c: Context, x: Value, by: number): Value =>
  c.emit(mul, { a: x, b: c.constant(tensor("f32", [1], [by]), "factor") }, {}, "scaled").y!;
