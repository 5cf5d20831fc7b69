/** Tensors with a scale for each block of an axis: the blocks become rows, of which each is a channel. */
import { ShapeError } from "../errors.ts";
import { indexSelect } from "../ops/indexSelect.ts";
import type { Value } from "../ops/op.ts";
import { reshape } from "../ops/reshape.ts";
import { slice } from "../ops/slice.ts";
import { transpose } from "../ops/transpose.ts";
import { formatShape, numel, sameShape, tensor } from "../tensor/index.ts";
import type { Context } from "./context.ts";
import type { Operand } from "./operand.ts";

interface Blocks {
  /** [blocks, size], in the order in which the scales lie. */
  readonly value: Value;
  readonly channels: number;
  /** Brings such rows into the shape of x, in ONNX's order. */
  readonly whole: (y: Value) => Value;
}

/** @throws ShapeError where the scale is not that of blocks of x of this size along the axis */
export function blocksOf(c: Context, x: Operand, scale: Operand, axis: number, size: number): Blocks {
  const length = x.shape[axis];
  const count = Math.ceil(Number(length) / size);
  const expected = x.shape.map((d, a) => (a === axis ? count : d));
  const fits = Number.isSafeInteger(size) && size > 0 && x.shape.every((d) => typeof d === "number");
  if (!fits || !sameShape(scale.shape, expected))
    throw new ShapeError({
      code: "shape-mismatch",
      where: c.where,
      problem: "the scale is not that of blocks of x",
      expected: `blocks of ${size} along axis ${axis} of ${formatShape(x.shape)}`,
      got: formatShape(scale.shape),
    });
  const shape = x.shape as readonly number[];
  const [outer, inner] = [numel(shape.slice(0, axis)), numel(shape.slice(axis + 1))];
  const emitShape = (of: Value, to: readonly number[], name: string): Value => c.emit(reshape, { x: of }, { shape: to }, name).y!;
  const swap = (of: Value, name: string): Value => c.emit(transpose, { x: of }, { permutation: [0, 1, 3, 2] }, name).y!;
  // The last block may be shorter: its last element fills it up.
  const full = count * size;
  const filled = full === length ? c.value(x) : filledUp(c, x, axis, full);
  const blocks = swap(emitShape(filled, [outer, count, size, inner], "blocks"), "rows");
  return {
    value: emitShape(blocks, [outer * count * inner, size], "channels"),
    channels: outer * count * inner,
    whole(y) {
      const back = swap(emitShape(y, [outer, count, inner, size], "apart"), "columns");
      const all = emitShape(
        back,
        shape.map((d, a) => (a === axis ? full : d)),
        "whole",
      );
      return full === length ? all : c.emit(slice, { x: all }, { axis, start: 0, end: shape[axis]! }, "cut").y!;
    },
  };
}

/** x with its last element repeated up to this length. */
function filledUp(c: Context, x: Operand, axis: number, length: number): Value {
  c.expectTable(length);
  const last = Number(x.shape[axis]) - 1;
  const places = Array.from({ length }, (_, i) => Math.min(i, last));
  return c.emit(indexSelect, { x: c.value(x), index: c.constant(tensor("i32", [length], places), "places") }, { axis }, "filled").y!;
}
