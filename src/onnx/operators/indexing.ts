/**
 * Shape, Gather, Slice and Split. Indices have to be known when the model is loaded. The size of a symbolic axis is NaN among
 * known numbers: it can be moved about and given to Reshape, but not computed with.
 */
import type { Value } from "../../ops/op.ts";
import { slice } from "../../ops/slice.ts";
import { numel } from "../../tensor/index.ts";
import { int, ints } from "../attributes.ts";
import type { Context } from "../context.ts";
import { inOrder } from "../operand.ts";
import { operator } from "../operator.ts";
import { int64s } from "../tensor.ts";
import { selected } from "./pad.ts";

/** The size of an axis that is not symbolic. */
function sizeOf(c: Context, axis: number): number {
  const size = c.input(0).shape[axis]!;
  return typeof size === "number" ? size : c.unsupported("taking parts of a symbolic axis");
}

/** A place from the front, not before `least` nor behind `most`. */
const clamped = (at: number, size: number, least: number, most: number): number => Math.max(least, Math.min(most, at < 0 ? at + size : at));

/** Known numbers of a vector, such as shapes are: NaN stays. */
const isVector = (c: Context): boolean => c.input(0).known?.type === "int64" && c.input(0).shape.length === 1;

function knownVector(c: Context, index: readonly number[], shape: readonly number[]): void {
  const { data } = c.known(0);
  c.knownOutput(0, { type: "int64", shape, data: int64s(index.map((i) => data[i]!)) });
}

function takeSlices(
  c: Context,
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[],
  steps: readonly number[],
): void {
  if ([ends, axes, steps].some((list) => list.length !== starts.length))
    c.fail("bad-attribute", "starts, ends, axes and steps differ in length", `${starts.length} numbers each`);
  const x = c.input(0);
  const lying = c.lying(x);
  let value: Value | undefined;
  axes.forEach((given, i) => {
    const axis = c.axis(given, x.shape.length);
    const [step, size] = [steps[i]!, sizeOf(c, axis)];
    if (!Number.isSafeInteger(step) || step === 0) c.fail("bad-attribute", "a step is none", "a whole number other than 0", String(step));
    const [from, to] =
      step > 0
        ? [clamped(starts[i]!, size, 0, size), clamped(ends[i]!, size, 0, size)]
        : [clamped(starts[i]!, size, 0, size - 1), clamped(ends[i]!, size, -1, size - 1)];
    const count = Math.max(0, Math.ceil((to - from) / step));
    const index = (): readonly number[] => {
      c.expectTable(count);
      return Array.from({ length: count }, (_, k) => from + k * step);
    };
    if (isVector(c)) return knownVector(c, index(), [count]);
    const at = lying.axes.indexOf(axis);
    if (step !== 1 && count > 0) value = selected(c, value ?? lying.value, at, index());
    else if (count < size)
      value = c.emit(slice, { x: value ?? lying.value }, { axis: at, start: count > 0 ? from : 0, end: count > 0 ? to : 0 }).y!;
  });
  if (c.outputs.size > 0) return;
  if (value === undefined) c.alias(0, x);
  else c.output(0, value, { axes: lying.axes });
}

/** Parts of these sizes, one after the other along the axis. */
function split(c: Context, given: number, sizes: readonly number[] | undefined, equal: number): void {
  const x = c.input(0);
  const axis = c.axis(given, x.shape.length);
  const size = sizeOf(c, axis);
  if (!sizes && equal !== c.node.outputs.length)
    c.fail("bad-attribute", "num_outputs is not the number of outputs", `${c.node.outputs.length}`, String(equal));
  // The last of as many as possible of one size may be smaller.
  const length = Math.ceil(size / equal);
  const parts = sizes ?? Array.from({ length: equal }, (_, i) => Math.max(0, Math.min(length, size - i * length)));
  if (
    parts.length !== c.node.outputs.length ||
    parts.reduce((sum, p) => sum + p, 0) !== size ||
    !parts.every((p) => Number.isSafeInteger(p) && p >= 0)
  )
    c.fail("bad-attribute", "the parts do not fit", `${c.node.outputs.length} parts of ${size}`, `[${parts.slice(0, 8).join(", ")}]`);
  const { value, axes } = c.lying(x);
  let start = 0;
  parts.forEach((part, i) => {
    const run = { axis: axes.indexOf(axis), start, end: start + part };
    c.output(i, c.emit(slice, { x: value }, run, `part${i}`).y!, { axes });
    start += part;
  });
}

export const indexing = [
  operator({
    type: "Shape",
    inputs: [1, 1],
    wide: true,
    attributes: { start: int(0), end: int() },
    emit(c) {
      const { shape } = c.input(0);
      const rank = shape.length;
      const at = (value: number): number => clamped(value, rank, 0, rank);
      const sizes = shape.slice(at(c.attributes.start), at(c.attributes.end ?? rank));
      const data = Float64Array.from(sizes, (d) => (typeof d === "number" ? d : NaN));
      c.knownOutput(0, { type: "int64", shape: [data.length], data });
    },
  }),
  operator({
    type: "Gather",
    inputs: [2, 2],
    wide: true,
    attributes: { axis: int(0) },
    emit(c) {
      const [x, indices] = [c.input(0), c.input(1)];
      c.expectType(indices, "int32", "int64");
      const axis = c.axis(c.attributes.axis, x.shape.length);
      const size = sizeOf(c, axis);
      const given = c.knownNumbers(1);
      const wrong = given.find((i) => !(i >= -size && i < size));
      if (wrong !== undefined) c.fail("bad-index", "an index is out of range", `-${size} to ${size - 1}`, String(wrong));
      const index = given.map((i) => (i < 0 ? i + size : i));
      const places = indices.shape as readonly number[];
      if (isVector(c)) return knownVector(c, index, places);
      const { value, axes } = c.lying(x);
      const shape = [...x.shape.slice(0, axis), ...places, ...x.shape.slice(axis + 1)];
      // indexSelect takes a list; of none there is nothing to take.
      if (numel(places) === 0) return c.unsupported("gathering nothing");
      c.output(0, selected(c, value, axes.indexOf(axis), index), { axes, shape });
    },
  }),
  operator({
    type: "Slice",
    inputs: [1, 1],
    wide: true,
    attributes: { axes: ints(), starts: ints([]), ends: ints([]) },
    emit(c) {
      const { starts, ends, axes } = c.attributes;
      takeSlices(
        c,
        starts,
        ends,
        axes ?? inOrder(starts.length),
        starts.map(() => 1),
      );
    },
  }),
  operator({
    type: "Slice",
    since: 10,
    inputs: [3, 5],
    wide: true,
    attributes: {},
    emit(c) {
      const starts = c.knownNumbers(1);
      const axes = c.optional(3) ? c.knownNumbers(3) : inOrder(starts.length);
      takeSlices(c, starts, c.knownNumbers(2), axes, c.optional(4) ? c.knownNumbers(4) : starts.map(() => 1));
    },
  }),
  operator({
    type: "Split",
    since: 2,
    inputs: [1, 1],
    wide: true,
    outputs: Infinity,
    attributes: { axis: int(0), split: ints() },
    emit: (c) => split(c, c.attributes.axis, c.attributes.split, c.node.outputs.length),
  }),
  operator({
    type: "Split",
    since: 13,
    inputs: [1, 2],
    wide: true,
    outputs: Infinity,
    attributes: { axis: int(0), num_outputs: int() },
    emit: (c) => split(c, c.attributes.axis, c.optional(1) && c.knownNumbers(1), c.attributes.num_outputs ?? c.node.outputs.length),
  }),
];
