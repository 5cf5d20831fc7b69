/**
 * y's axis i is x's axis permutation[i] (PyTorch's permute, ONNX's and NumPy's transpose). Any dtype; axis 0 must stay where
 * it is symbolic. In GPU memory nothing is computed where only axes of size 1 change places.
 */
import shader from "../../shaders/transpose.wgsl";
import bytesShader from "../../shaders/transposeBytes.wgsl";
import { ShapeError } from "../errors.ts";
import { forEachRow, mergeAxes } from "./broadcast.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, OpDef, Variant } from "./op.ts";
import { allocate, formatShape, formatType, isPacked, numel, sizes, tensor, type Shape, type TensorType } from "../tensor/index.ts";

export type TransposeAttrs = { readonly permutation: readonly number[] };

/** Axes that the kernel walks; neighbours that stay neighbours count as one. */
const MAX_RANK = 6;

function permuted(x: TensorType, { permutation }: TransposeAttrs, where: string): Shape {
  const rank = x.shape.length;
  const order = [...permutation].sort((a, b) => a - b);
  if (order.length !== rank || order.some((axis, i) => axis !== i))
    throw new ShapeError({
      code: "bad-attribute",
      where,
      problem: "permutation must name each axis of x once",
      expected: `a permutation of 0 to ${rank - 1}`,
      got: `${formatShape(permutation)}, x ${formatType(x)}`,
    });
  if (rank > MAX_RANK)
    throw new ShapeError({ code: "rank-mismatch", where, problem: "too many axes", expected: `at most ${MAX_RANK}`, got: formatType(x) });
  if (rank > 0 && typeof x.shape[0] !== "number" && permutation[0] !== 0)
    throw new ShapeError({
      code: "symbolic-size",
      where,
      problem: "a symbolic axis 0 must stay in front",
      expected: "permutation[0] = 0",
      got: `${formatShape(permutation)}, x ${formatType(x)}`,
    });
  return permutation.map((axis) => x.shape[axis]!);
}

/** x's steps along the axes of y, where x has rows of these sizes. */
function stepsOf(x: readonly number[], permutation: readonly number[]): number[] {
  const steps = x.map((_, axis) => x.slice(axis + 1).reduce((p, d) => p * d, 1));
  return permutation.map((axis) => steps[axis]!);
}

export const transpose: OpDef<TransposeAttrs> = {
  name: "transpose",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "sharesInput",

  infer: ({ x }, attrs, where) => ({ y: { dtype: x!.dtype, shape: permuted(x!, attrs, where) } }),

  reference({ x }, attrs) {
    const shape = sizes(permuted(x!, attrs, "transpose"));
    const data = allocate(x!.dtype, numel(shape));
    const steps = stepsOf(x!.shape, attrs.permutation);
    const [inner, step] = [shape.at(-1) ?? 1, steps.at(-1) ?? 0];
    forEachRow(shape, [steps], (row, [offset]) => {
      for (let i = 0; i < inner; i++) data[row + i] = x!.data[offset! + i * step]!;
    });
    return { y: tensor(x!.dtype, shape, data) };
  },

  grad: (b, { attrs }, { y: dy }) => ({
    x: dy ? b.emit(transpose, { x: dy }, { permutation: attrs.permutation.map((_, i) => attrs.permutation.indexOf(i)) }).y! : null,
  }),

  lower(b, { name, attrs }, q) {
    const { value, qparams } = q.input("x");
    return { value: b.emit(transpose, { x: value }, attrs, name).y!, qparams };
  },

  kernel({ x }, { permutation }, device) {
    const from = sizes(x!.shape);
    const last = from.length - 1;
    if (!isPacked(x!.dtype)) return [wordsVariant(from, permutation, device)];
    // Rows of 8-bit elements begin at whole words. Where the innermost axis stays, words move as they are.
    const words = [...from.slice(0, -1), ceilDiv(from[last] ?? 1, 4)];
    if (last < 0 || permutation[last] === last) return [wordsVariant(words, last < 0 ? [0] : permutation, device)];
    return [bytesVariant(from, permutation, device)];
  },
};

/** Moves whole words: f32, i32, or rows of packed elements. */
function wordsVariant(from: readonly number[], permutation: readonly number[], device: DeviceInfo): Variant {
  const shape = permutation.map((axis) => from[axis]!);
  const merged = mergeAxes(shape, [stepsOf(from, permutation)]);
  if (merged.shape.length === 1) return { name: "alias", alias: { y: "x" }, calls: [] };
  return gather(merged.shape, merged.strides[0]!, device);
}

function gather(shape: readonly number[], steps: readonly number[], device: DeviceInfo): Variant {
  const RANK = shape.length;
  const size = shape[RANK - 1]!;
  const chunks = ceilDiv(size, 4);
  const threads = shape.slice(0, -1).reduce((p, d) => p * d, chunks);
  const params: Record<string, number> = { threads, size, chunks, step: steps[RANK - 1]!, stepOuter: steps[0]! };
  for (let i = 1; i < MAX_RANK - 1; i++) {
    params[`size${i}`] = shape[i - MAX_RANK + RANK] ?? 1;
    params[`step${i}`] = steps[i - MAX_RANK + RANK] ?? 0;
  }
  return { name: "words", calls: [{ shader, constants: { RANK }, params, workgroups: dispatch1d(threads, 64, device) }] };
}

/** Blocks of 4 by 4 bytes a thread: setting a thread up costs software devices as much as a few blocks. */
const BLOCKS = 16;

/** Moves 8-bit elements, x's innermost axis a no longer the innermost: that is b of x. */
function bytesVariant(from: readonly number[], permutation: readonly number[], device: DeviceInfo): Variant {
  const last = from.length - 1;
  const inWords = (shape: readonly number[]): number[] => [...shape.slice(0, last), ceilDiv(shape[last]!, 4)];
  const [identity, shape] = [permutation.map((_, axis) => axis), permutation.map((axis) => from[axis]!)];
  // Both by y's axes: y's own steps, and x's. The innermost axes' are 1, in words of 4 elements.
  const [stepsY, stepsX] = [stepsOf(inWords(shape), identity), stepsOf(inWords(from), permutation)];
  const a = permutation.indexOf(last);
  const rest = identity.filter((axis) => axis !== a && axis !== last);
  const at = (of: readonly number[]): number[] => rest.map((axis) => of[axis]!);
  const outer = mergeAxes(at(shape), [at(stepsX), at(stepsY)]);
  const [sizeA, sizeB] = [shape[a]!, shape[last]!];
  const [stepX, stepY] = [stepsX[last]!, stepsY[a]!];
  const [alongA, alongB] = [
    { blocks: ceilDiv(sizeA, 4), x: 1, y: 4 * stepY },
    { blocks: ceilDiv(sizeB, 4), x: 4 * stepX, y: 1 },
  ];
  const ALONG_A = alongA.blocks > alongB.blocks;
  const [loop, other] = ALONG_A ? [alongA, alongB] : [alongB, alongA];
  const runs = ceilDiv(loop.blocks, device.software ? BLOCKS : 1);
  const threads = numel(outer.shape) * other.blocks * runs;
  const params: Record<string, number> = { threads, run: ceilDiv(loop.blocks, runs), runs, loops: loop.blocks, others: other.blocks };
  Object.assign(params, { loopX: loop.x, loopY: loop.y, otherX: other.x, otherY: other.y, stepX, stepY, sizeA, sizeB });
  const RANK = outer.shape.length;
  for (let i = 1; i <= MAX_RANK - 2; i++) {
    // The outermost is axis 1, the innermost the last one, MAX_RANK - 2.
    const axis = i === 1 ? 0 : i - MAX_RANK + 2 + RANK - 1;
    if (i > 1) params[`size${i}`] = outer.shape[axis] ?? 1;
    params[`x${i}`] = outer.strides[0]![axis] ?? 0;
    params[`y${i}`] = outer.strides[1]![axis] ?? 0;
  }
  const constants = { RANK, ALONG_A, ODD_A: sizeA % 4 !== 0, ODD_B: sizeB % 4 !== 0 };
  return { name: "blocks", calls: [{ shader: bytesShader, constants, params, workgroups: dispatch1d(threads, 64, device) }] };
}
