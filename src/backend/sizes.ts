/** What every backend checks before anything runs: that the inputs are the graph's, and which sizes they bind. */
import { DTypeError, ShapeError, UsageError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import { formatShape, formatType, isDataOf, numel, type Shape, type Tensor, type TensorType } from "../tensor/index.ts";
import type { Inputs } from "./backend.ts";

/** Values of symbolic sizes: `{ n: 64 }`. */
export type Sizes = Readonly<Record<string, number>>;

/** Element counts beyond this overflow i32 indices in shaders and typed arrays of some engines. */
const MAX_ELEMENTS = 2 ** 31 - 1;

/** The symbolic sizes that a graph's inputs name, in order of appearance. */
export function symbols(graph: Graph): readonly string[] {
  const names = new Set<string>();
  for (const v of graph.inputs) for (const d of graph.types.get(v)!.shape) if (typeof d === "string") names.add(d);
  return [...names];
}

/** A stable text for sizes, to find the program made for them. */
export const sizesKey = (names: readonly string[], sizes: Sizes): string => names.map((n) => `${n}=${sizes[n]}`).join(" ");

/** @throws UsageError unless `sizes` gives exactly the graph's symbolic sizes, each a whole number above 0. */
export function checkSizes(graph: Graph, sizes: Sizes): Sizes {
  const known = symbols(graph);
  for (const name of Object.keys(sizes))
    if (!known.includes(name))
      throw new UsageError({
        code: "unknown-size",
        where: `size "${name}"`,
        problem: "the graph has no such symbolic size",
        expected: known.join(", ") || "none",
      });
  for (const name of known) {
    const value = Object.hasOwn(sizes, name) ? sizes[name]! : undefined;
    if (value === undefined)
      throw new UsageError({ code: "missing-size", where: `size "${name}"`, problem: "is not given", expected: known.join(", ") });
    if (!Number.isSafeInteger(value) || value < 1)
      throw new UsageError({
        code: "bad-size",
        where: `size "${name}"`,
        problem: "must be a whole number",
        expected: "at least 1",
        got: String(value),
      });
  }
  return sizes;
}

/**
 * Checks a run's inputs against the graph and returns the symbolic sizes that their shapes bind.
 * @throws UsageError for missing, unknown, detached or shared data; DTypeError; ShapeError.
 */
export function checkInputs(graph: Graph, inputs: Inputs): Sizes {
  const names = new Set(graph.inputs);
  for (const name of Object.keys(inputs))
    if (!names.has(name))
      throw new UsageError({
        code: "unknown-input",
        where: `input "${name}"`,
        problem: "the graph has no such input",
        expected: [...names].join(", ") || "none",
      });
  const bound = new Map<string, { size: number; by: string }>();
  for (const name of graph.inputs) {
    const where = `input "${name}"`;
    const t = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
    const declared = graph.types.get(name)!;
    if (t === undefined) throw new UsageError({ code: "missing-input", where, problem: "is not given", expected: formatType(declared) });
    checkTensor(where, t, declared);
    declared.shape.forEach((d, axis) => {
      const size = t.shape[axis]!;
      if (typeof d === "number") return;
      const before = bound.get(d);
      if (before && before.size !== size)
        throw new ShapeError({
          code: "size-conflict",
          where,
          problem: `axis ${axis} is ${d}, which input "${before.by}" binds to another size`,
          expected: `${before.size}`,
          got: formatType(t),
        });
      if (size < 1)
        throw new ShapeError({
          code: "empty-batch",
          where,
          problem: `axis ${axis} (${d}) is empty`,
          expected: "at least 1",
          got: formatType(t),
        });
      bound.set(d, { size, by: name });
    });
  }
  return Object.fromEntries([...bound].map(([d, { size }]) => [d, size]));
}

/** @throws unless `t` is a sound host tensor of the declared type, whose symbolic axes may be of any size. */
export function checkTensor(where: string, t: Tensor, declared: TensorType): void {
  if (t.dtype !== declared.dtype)
    throw new DTypeError({
      code: "dtype-mismatch",
      where,
      problem: "is of another element type",
      expected: formatType(declared),
      got: formatType(t),
    });
  if (!fits(t.shape, declared.shape))
    throw new ShapeError({
      code: "shape-mismatch",
      where,
      problem: "has another shape",
      expected: formatType(declared),
      got: formatType(t),
    });
  if (!t.shape.every((d) => Number.isSafeInteger(d) && d >= 0))
    throw new ShapeError({ code: "bad-shape", where, problem: "sizes must be whole numbers, 0 or more", got: formatShape(t.shape) });
  const count = numel(t.shape);
  if (count > MAX_ELEMENTS)
    throw new ShapeError({
      code: "too-large",
      where,
      problem: "has too many elements",
      expected: `at most ${MAX_ELEMENTS}`,
      got: String(count),
    });
  if (!isDataOf(t.dtype, t.data))
    throw new DTypeError({ code: "dtype-mismatch", where, problem: "its data is not the typed array of its dtype", expected: t.dtype });
  if (isShared(t.data.buffer))
    throw new UsageError({
      code: "shared-buffer",
      where,
      problem: "its data lies in a SharedArrayBuffer, which may change while it is read",
      remedy: "Pass a copy: data.slice()",
    });
  if (count > 0 && t.data.buffer.byteLength === 0)
    throw new UsageError({
      code: "detached-buffer",
      where,
      problem: "its data was detached (transferred to a worker?)",
      remedy: "Pass the tensor before transferring it, or pass a copy",
    });
  if (t.data.length !== count)
    throw new ShapeError({
      code: "length-mismatch",
      where,
      problem: "the data does not fill the shape",
      expected: `${count} values`,
      got: String(t.data.length),
    });
}

const fits = (shape: readonly number[], declared: Shape): boolean =>
  shape.length === declared.length && declared.every((d, i) => typeof d === "string" || d === shape[i]);

const isShared = (buffer: ArrayBufferLike): boolean => typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer;
