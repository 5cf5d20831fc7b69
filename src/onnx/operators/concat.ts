/** Concat of any number of tensors, in the order of axes in which the first that is an image lies. */
import { concat } from "../../ops/concat.ts";
import type { Value } from "../../ops/op.ts";
import { qconcat } from "../../ops/qconcat.ts";
import { int } from "../attributes.ts";
import type { Context } from "../context.ts";
import { dtypeOf } from "../elements.ts";
import { inOrder, isIdentity, isReshaped, type Operand } from "../operand.ts";
import { operator } from "../operator.ts";
import { int64s } from "../tensor.ts";

/** Inputs of dot4's concat. */
const MOST = 6;

/** Shapes that are put together of known numbers; of other known tensors the reference makes one. */
function known(c: Context, inputs: readonly Operand[], axis: number): void {
  const { type, shape } = inputs[0]!;
  if (type === "int64" && shape.length === 1) {
    const data = int64s(inputs.flatMap((x) => [...x.known!.data]));
    return c.knownOutput(0, { type, shape: [data.length], data });
  }
  const parts = inputs.map((x) => c.contents(x));
  const whole = parts.reduce((x0, x1) => concat.reference({ x0, x1 }, { axis }).y!);
  c.knownTensor(0, type, whole);
}

export const concats = operator({
  type: "Concat",
  inputs: [1, Infinity],
  attributes: { axis: int(1) },
  emit(c) {
    const { inputs } = c;
    const [first] = inputs as [Operand];
    for (const x of inputs) {
      c.expectType(x, first.type);
      c.expectRank(x, first.shape.length);
    }
    const axis = c.axis(c.attributes.axis, first.shape.length);
    if (inputs.length === 1) return c.alias(0, first);
    if (inputs.every((x) => x.known)) return known(c, inputs, axis);
    const dtype = dtypeOf(first.type);
    if (dtype === "i32" || dtype === "u32") c.unsupported(`a Concat of ${first.type} that is computed`);
    const leading = inputs.find((x) => x.made && !isReshaped(x) && !isIdentity(x.made.axes));
    const axes = leading?.made?.axes ?? inOrder(first.shape.length);
    const op = dtype === "f32" ? concat : qconcat;
    const join = (parts: readonly Value[], name?: string): Value =>
      c.emit(op, Object.fromEntries(parts.map((part, i) => [`x${i}`, part])), { axis: axes.indexOf(axis) }, name).y!;
    let values = inputs.map((x) => c.value(x, axes));
    while (values.length > MOST) values = [join(values.slice(0, MOST), "part"), ...values.slice(MOST)];
    c.output(0, join(values), { axes });
  },
});
