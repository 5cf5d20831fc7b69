/** Two operands of an elementwise operator, in one order of axes. */
import type { Value } from "../ops/op.ts";
import { reshape } from "../ops/reshape.ts";
import { sameShape, type Shape } from "../tensor/index.ts";
import type { Context, OutputForm } from "./context.ts";
import { storedShape } from "./elements.ts";
import { inOrder, isIdentity, isReshaped, reshapeTo, type Operand } from "./operand.ts";

/** The values of a and b, and how the result of an op that broadcasts them lies. */
export function together(c: Context, a: Operand, b: Operand): { readonly a: Value; readonly b: Value; readonly form: OutputForm } {
  if (a.made && b.made && sameLayout(a, b)) return { a: a.made.value, b: b.made.value, form: { axes: a.made.axes, shape: a.shape } };
  const rank = Math.max(a.shape.length, b.shape.length);
  // The one that has all axes and lies otherwise than ONNX says gives the order.
  const leading = [a, b].find((x) => x.made && x.shape.length === rank && !isReshaped(x) && !isIdentity(x.made.axes));
  const axes = leading?.made?.axes ?? inOrder(rank);
  return { a: arranged(c, a, axes), b: arranged(c, b, axes), form: { axes } };
}

const sameLayout = (a: Operand, b: Operand): boolean =>
  sameShape(a.shape, b.shape) && sameShape(a.made!.from, b.made!.from) && sameShape(a.made!.axes, b.made!.axes);

/** The operand with axes of size 1 in front, so that it has all that `axes` orders. */
function arranged(c: Context, x: Operand, axes: readonly number[]): Value {
  const missing = axes.length - x.shape.length;
  if (missing === 0 || isIdentity(axes)) return c.value(x, isIdentity(axes) ? undefined : axes);
  const shape: Shape = [...Array<number>(missing).fill(1), ...x.shape];
  if (x.known) return c.value({ ...x, isInitializer: false, shape, known: { ...x.known, shape: shape as readonly number[] } }, axes);
  const spread = c.emit(reshape, { x: c.value(x) }, { shape: reshapeTo(storedShape(x.type, shape)) }, "spread").y!;
  return c.value({ name: x.name, type: x.type, shape, made: { value: spread, axes: inOrder(axes.length), from: shape } }, axes);
}
