/**
 * y = x summed to `shape`, the adjoint of broadcasting: shapes are aligned at the right, axes of size 1 in `shape` and
 * the leading axes that it lacks are summed over. -1 in `shape` keeps the axis of x, which may be symbolic. x f32. The
 * reference sums in f64 and rounds once.
 */
import shader from "../../shaders/sumToSize.wgsl";
import vec4Shader from "../../shaders/sumToSizeVec4.wgsl";
import { ShapeError } from "../errors.ts";
import { broadcastStrides, forEachRow, mergeAxes } from "./broadcast.ts";
import { expectDType } from "./check.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, Emitter, KernelCall, OpDef, Types, Value, Variant } from "./op.ts";
import { f32, formatShape, formatType, sameShape, sizes, type Shape, type TensorType } from "../tensor/index.ts";

export type SumToSizeAttrs = { readonly shape: readonly number[] };

/** The `shape` attribute that sums x of shape `from` to shape `to`. */
const sumToSizeOf = (from: Shape, to: Shape): readonly number[] =>
  to.map((d, i) => (d === from[i + from.length - to.length] ? -1 : typeof d === "number" ? d : -1));

function outputType(x: TensorType, { shape }: SumToSizeAttrs, where: string): TensorType {
  const lead = x.shape.length - shape.length;
  const fits = lead >= 0 && shape.every((d, i) => d === -1 || d === 1 || d === x.shape[i + lead]);
  if (!fits)
    throw new ShapeError({
      code: "broadcast-mismatch",
      where,
      problem: "x cannot be summed to this shape",
      expected: "for each axis, aligned at the right: x's size, 1 or -1",
      got: `x ${formatType(x)}, shape ${formatShape(shape)}`,
    });
  return { dtype: "f32", shape: shape.map((d, i) => (d === -1 ? x.shape[i + lead]! : d)) };
}

export const sumToSize: OpDef<SumToSizeAttrs> = {
  name: "sumToSize",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "float",

  infer({ x }, attrs, where) {
    expectDType(where, "x", x!, "f32");
    return { y: outputType(x!, attrs, where) };
  },

  reference(t, attrs) {
    const [from, to] = [sizes(t.x!.shape), sizes(outputType(t.x!, attrs, "sumToSize").shape)];
    const [x, sums] = [f32Data(t.x), f64Zeros(to)];
    const strides = broadcastStrides(to, from);
    const inner = from.at(-1) ?? 1;
    const step = strides.at(-1) ?? 0;
    forEachRow(from, [strides], (row, [offset]) => {
      for (let i = 0; i < inner; i++) sums[offset! + i * step]! += x[row + i]!;
    });
    return { y: rounded(to, sums) };
  },

  kernel({ x }, attrs, device) {
    const from = sizes(x!.shape);
    return sumVariants(from, sizes(outputType(x!, attrs, "sumToSize").shape), 1, device);
  },
};

/** dy summed to the shape of `input`, which was broadcast to dy's; dy itself where nothing was broadcast. */
export function reduceTo(b: Emitter, dy: Value, input: Value): Value {
  const [from, to] = [b.type(dy).shape, b.type(input).shape];
  return sameShape(from, to) ? dy : b.emit(sumToSize, { x: dy }, { shape: sumToSizeOf(from, to) }).y!;
}

/** The variants that sum x of shape `from` to `to`, which broadcasts to it, into y and multiply by `factor`. */
export function sumVariants(from: readonly number[], to: readonly number[], factor: number, device: DeviceInfo): readonly Variant[] {
  const merged = mergeAxes(from, [broadcastStrides(to, from)]);
  const summed = merged.strides[0]!.flatMap((step, axis) => (step === 0 && merged.shape[axis]! !== 1 ? [axis] : []));
  if (summed.length === 0) return [{ name: "alias", alias: { y: "x" }, calls: [] }];
  const scratch: Record<string, TensorType> = {};
  const calls: KernelCall[] = [];
  let [name, shape] = ["x", [...merged.shape]];
  for (const axis of summed) {
    const isLast = axis === summed.at(-1);
    const value = isLast ? "y" : `sum${axis}`;
    const stage = sumAxis(name, shape, axis, value, device, isLast ? factor : 1);
    shape = shape.map((d, i) => (i === axis ? 1 : d));
    if (!isLast) scratch[value] = f32(shape);
    Object.assign(scratch, stage.scratch);
    calls.push(...stage.calls);
    name = value;
  }
  return [{ name: "axis by axis", scratch, calls }];
}

/** Threads from which on it does not pay to cut an axis into chunks, and the shortest axis worth cutting. */
const ENOUGH_THREADS = 4096;
const SHORT = 64;

/**
 * Sums `name` of this shape over one axis into `to`: at once, or in chunks of about the axis' square root, which are then
 * summed: more threads, and sums of n numbers whose rounding errors grow like the square root of n only. The sums are
 * multiplied by `factor` at the end.
 */
export function sumAxis(
  name: string,
  shape: readonly number[],
  axis: number,
  to: string,
  device: DeviceInfo,
  factor = 1,
): { readonly scratch: Types; readonly calls: readonly KernelCall[] } {
  const product = (part: readonly number[]): number => part.reduce((p, d) => p * d, 1);
  const [outer, length, inner] = [product(shape.slice(0, axis)), shape[axis]!, product(shape.slice(axis + 1))];
  const vec4 = inner % 4 === 0;
  const call = (from: string, result: string, axis: number, chunk: number, factor: number): KernelCall => {
    const chunks = ceilDiv(axis, chunk);
    const columns = vec4 ? inner / 4 : inner;
    const threads = outer * chunks * columns;
    return {
      shader: vec4 ? vec4Shader : shader,
      params: { threads, axis, inner: columns, chunk, chunks, factor },
      bindings: { x: from, y: result },
      workgroups: dispatch1d(threads, 64, device),
    };
  };
  if (length <= SHORT || (outer * inner >= ENOUGH_THREADS && length <= SHORT * SHORT))
    return { scratch: {}, calls: [call(name, to, length, length, factor)] };
  const chunk = Math.ceil(Math.sqrt(length));
  const chunks = ceilDiv(length, chunk);
  const between = `${to}.chunks`;
  return {
    scratch: { [between]: f32([outer, chunks, inner]) },
    calls: [call(name, between, length, chunk, 1), call(between, to, chunks, chunks, factor)],
  };
}
