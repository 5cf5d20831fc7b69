/** Pad: constants, reflections, the edge or the other end around a tensor; negative numbers cut off. */
import { add } from "../../ops/add.ts";
import { cast, type CastTarget } from "../../ops/cast.ts";
import { indexSelect } from "../../ops/indexSelect.ts";
import { integerBinary } from "../../ops/integerBinary.ts";
import type { Value } from "../../ops/op.ts";
import { slice } from "../../ops/slice.ts";
import { sliceBackward } from "../../ops/sliceBackward.ts";
import { tensor, type DType, type Tensor } from "../../tensor/index.ts";
import { float, ints, text } from "../attributes.ts";
import type { Context } from "../context.ts";
import { quote } from "../names.ts";
import { inOrder } from "../operand.ts";
import { operator } from "../operator.ts";

/** Where element i of an axis comes from that goes on beyond both ends, i from the first one of x. */
const sources: Readonly<Record<string, (i: number, size: number) => number>> = {
  edge: (i, size) => Math.max(0, Math.min(size - 1, i)),
  // There and back again takes 2 (size - 1) steps; the ends are not repeated.
  reflect: (i, size) => (size === 1 ? 0 : size - 1 - Math.abs(size - 1 - modulo(i, 2 * (size - 1)))),
  wrap: (i, size) => modulo(i, size),
};

const modulo = (i: number, n: number): number => ((i % n) + n) % n;

/** `count` numbers along `axis` of a tensor with `rank` axes, that broadcasts along all others. */
export const along = <D extends DType>(dtype: D, rank: number, axis: number, values: readonly number[]): Tensor<D> =>
  tensor(
    dtype,
    inOrder(rank).map((a) => (a === axis ? values.length : 1)),
    values,
  );

/** x with elements of its own along the axis, counted as the value lies, by index. */
export const selected = (c: Context, x: Value, axis: number, index: readonly number[], name = "selected"): Value =>
  c.emit(indexSelect, { x, index: c.constant(tensor("i32", [index.length], index), "index") }, { axis }, name).y!;

/** x with so many times `fill` in front and behind along an axis of memory. */
export function withConstant(c: Context, x: Value, axis: number, [before, after]: readonly [number, number], fill: number): Value {
  const { dtype, shape } = c.typeOf(x);
  const size = shape[axis] as number;
  const total = before + size + after;
  c.expectTable(total);
  const places = Array.from({ length: total }, (_, i) => i >= before && i < before + size);
  if (dtype === "f32") {
    const padded = c.emit(sliceBackward, { dy: x }, { axis, start: before, size: total }, "padded").dx!;
    if (fill === 0) return padded;
    const frame = along(
      "f32",
      shape.length,
      axis,
      places.map((inside) => (inside ? 0 : fill)),
    );
    return c.emit(add, { a: padded, b: c.constant(frame, "frame") }, {}, "framed").y!;
  }
  // Of whole numbers those beyond the ends, whichever they are, are multiplied by 0.
  const computed = dtype === "u32" ? "u32" : "i32";
  const ends = selected(
    c,
    x,
    axis,
    places.map((_, i) => sources["edge"]!(i - before, size)),
    "ends",
  );
  const a = dtype === computed ? ends : c.emit(cast, { x: ends }, { to: computed }, "whole").y!;
  const factor = places.map(Number);
  const kept = c.emit(
    integerBinary,
    { a, b: c.constant(along(computed, shape.length, axis, factor), "mask") },
    { operation: "mul" },
    "kept",
  );
  const frame = places.map((inside) => (inside ? 0 : fill));
  const y = c.emit(
    integerBinary,
    { a: kept.y!, b: c.constant(along(computed, shape.length, axis, frame), "frame") },
    { operation: "add" },
    "framed",
  ).y!;
  return dtype === computed ? y : c.emit(cast, { x: y }, { to: dtype as CastTarget }, "padded").y!;
}

function pad(c: Context, pads: readonly number[], fill: number, axes: readonly number[]): void {
  const x = c.input(0);
  const { mode } = c.attributes as { readonly mode: string };
  const source = Object.hasOwn(sources, mode) ? sources[mode] : undefined;
  if (mode !== "constant" && !source) c.unsupported(`mode ${quote(mode)}`, "constant, reflect, edge or wrap");
  if (pads.length !== 2 * axes.length || !pads.every((p) => Number.isSafeInteger(p)))
    c.fail("bad-attribute", "pads do not fit", `${2 * axes.length} whole numbers`, `[${pads.slice(0, 8).join(", ")}]`);
  const lying = c.lying(x);
  let { value } = lying;
  axes.forEach((axis, i) => {
    const [before, after] = [pads[i]!, pads[i + axes.length]!];
    if (before === 0 && after === 0) return;
    const at = lying.axes.indexOf(axis);
    const size = x.shape[axis]!;
    if (typeof size !== "number") return c.unsupported("padding a symbolic axis");
    const [start, end] = [Math.max(0, -before), size - Math.max(0, -after)];
    if (start > end) c.fail("bad-attribute", "pads cut off more than there is", `at most ${size}`, `${before} and ${after}`);
    if (end - start < size) value = c.emit(slice, { x: value }, { axis: at, start, end }, "cut").y!;
    const [front, behind] = [Math.max(0, before), Math.max(0, after)];
    if (front === 0 && behind === 0) return;
    if (!source) value = withConstant(c, value, at, [front, behind], fill);
    else if (end === start) c.fail("bad-attribute", "nothing can be repeated", "an axis with elements", "none");
    else {
      c.expectTable(front + end - start + behind);
      const index = Array.from({ length: front + end - start + behind }, (_, k) => source(k - front, end - start));
      value = selected(c, value, at, index);
    }
  });
  c.output(0, value, { axes: lying.axes });
}

const attributes = { mode: text("constant"), value: float(0) };

export const pads = [
  operator({
    type: "Pad",
    inputs: [1, 1],
    attributes: { ...attributes, paddings: ints(), pads: ints() },
    emit: (c) => pad(c, c.attributes.pads ?? c.attributes.paddings ?? [], c.attributes.value, inOrder(c.input(0).shape.length)),
  }),
  operator({
    type: "Pad",
    since: 11,
    inputs: [2, 4],
    attributes: { mode: text("constant") },
    emit(c) {
      const rank = c.input(0).shape.length;
      const fill = c.optional(2) ? (c.knownNumbers(2)[0] ?? 0) : 0;
      const axes = c.optional(3) ? c.knownNumbers(3).map((a) => c.axis(a, rank)) : inOrder(rank);
      pad(c, c.knownNumbers(1), fill, axes);
    },
  }),
];
