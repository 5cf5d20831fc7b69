/**
 * What qadd, qsub and qmul share: two tensors of 8-bit elements, i8 or u8 each, with zero points of their own, broadcast as in
 * PyTorch, and one kernel skeleton (shaders/lib/qpair.wgsl).
 */
import { ShapeError } from "../errors.ts";
import { formatShape, numel, sizes, tensor, allocate, scalar, type Tensor, type TensorType } from "../tensor/index.ts";
import { broadcastShape, broadcastStrides, forEachRow, mergeAxes } from "./broadcast.ts";
import { flipOf, signedFlipOf, wordGrid } from "./bytewise.ts";
import { expectDType, expectShape } from "./check.ts";
import { ceilDiv } from "./kernel.ts";
import type { DeviceInfo, Emitter, KernelCall, Lowering, NodeView, OpDef, Quantized, Shader, Tensors, Variant } from "./op.ts";
import {
  clampBounds,
  dataI32,
  expectPerTensor,
  expectRequantize,
  expectScalar,
  i32Tensor,
  quantized,
  requantizeAttrs,
  requantizeConstants,
  requantizeDefaults,
  requantizeParams,
  type RequantizeAttrs,
} from "./requantized.ts";
import type { FixedPoint, Rounding } from "../numerics/index.ts";

/** Axes that the kernel walks; neighbours that both sides step alike count as one there. */
const MAX_RANK = 6;

/** Rounds the steps da of a and db of b to steps of y; multipliers as the op has them. */
type Combine = (da: number, db: number, multiplier: Int32Array, exponent: Int32Array, rounding: Rounding) => number;

export interface Pairwise {
  readonly name: string;
  /** How many multipliers and exponents the op takes. */
  readonly multipliers: number;
  readonly combine: Combine;
  readonly shader: Shader;
  readonly constants?: KernelCall["constants"];
}

export function pairwise({ name, multipliers, combine, shader, constants }: Pairwise): OpDef<RequantizeAttrs> {
  return {
    name,
    inputs: ["a", "b", "aZeroPoint", "bZeroPoint", "yZeroPoint", "multiplier", "exponent"],
    outputs: ["y"],
    quantization: "float",
    defaults: requantizeDefaults,

    infer(types, attrs, where) {
      for (const side of ["a", "b"]) expectDType(where, side, types[side]!, "i8", "u8");
      for (const zero of ["aZeroPoint", "bZeroPoint", "yZeroPoint"]) expectScalar(where, zero, types);
      for (const fixed of ["multiplier", "exponent"]) {
        expectDType(where, fixed, types[fixed]!, "i32");
        expectShape(where, fixed, types[fixed]!, [multipliers], "must hold one value for each product");
      }
      expectRequantize(where, attrs);
      const shape = broadcastShape(where, types.a!.shape, types.b!.shape);
      if (shape.length > MAX_RANK)
        throw new ShapeError({
          code: "rank-mismatch",
          where,
          problem: "too many axes to broadcast",
          expected: `at most ${MAX_RANK}`,
          got: formatShape(shape),
        });
      return { y: { dtype: attrs.dtype, shape } };
    },

    reference(tensors, attrs) {
      const { a, b } = tensors as { a: Tensor; b: Tensor };
      const [za, zb, zy] = ["aZeroPoint", "bZeroPoint", "yZeroPoint"].map((z) => dataI32(tensors[z])[0]!) as [number, number, number];
      const [m, e] = [dataI32(tensors.multiplier), dataI32(tensors.exponent)];
      const { low, high } = clampBounds(attrs, zy);
      const shape = sizes(broadcastShape(name, a.shape, b.shape));
      const y = allocate(attrs.dtype, numel(shape));
      const strides = [a, b].map((t) => broadcastStrides(t.shape, shape));
      const [stepA, stepB] = strides.map((s) => s.at(-1) ?? 0) as [number, number];
      forEachRow(shape, strides, (row, [fromA, fromB]) => {
        for (let i = 0; i < (shape.at(-1) ?? 1); i++) {
          const q = combine(a.data[fromA! + i * stepA]! - za, b.data[fromB! + i * stepB]! - zb, m, e, attrs.rounding);
          y[row + i] = zy + Math.max(low, Math.min(high, q));
        }
      });
      return { y: tensor(attrs.dtype, shape, y) };
    },

    kernel: (types, attrs, device) => [pairVariant(shader, types.a!, types.b!, attrs, constants, device)],
  };
}

/** The variant of a shader that includes lib/qpair.wgsl. */
export function pairVariant(
  shader: Shader,
  a: TensorType,
  b: TensorType,
  attrs: RequantizeAttrs,
  constants: KernelCall["constants"],
  device: DeviceInfo,
  bindings?: KernelCall["bindings"],
): Variant {
  const y: TensorType = { dtype: attrs.dtype, shape: broadcastShape("broadcast", a.shape, b.shape) };
  const BROADCAST = [a, b].some((side) => numel(side.shape) !== numel(y.shape));
  const { params, workgroups } = wordGrid(y, device);
  const call: KernelCall = {
    shader,
    constants: { ...requantizeConstants(attrs), ...constants, BROADCAST, PADDED: params.channels % 4 !== 0 },
    params: {
      ...params,
      ...walkOf(sizes(a.shape), sizes(b.shape), sizes(y.shape)),
      ...requantizeParams(attrs),
      aFlip: signedFlipOf(a),
      bFlip: signedFlipOf(b),
      yFlip: flipOf(y),
    },
    ...(bindings && { bindings }),
    workgroups,
  };
  return { name: BROADCAST ? "broadcast" : "word", calls: [call] };
}

/** Params by which lib/qpair.wgsl finds the words of a and b for a word of y. */
function walkOf(a: readonly number[], b: readonly number[], y: readonly number[]): Readonly<Record<string, number>> {
  const words = (shape: readonly number[]): readonly number[] => [...shape.slice(0, -1), ceilDiv(shape.at(-1) ?? 1, 4)];
  const spread = (shape: readonly number[]): number => ((shape.at(-1) ?? 1) === 1 && (y.at(-1) ?? 1) !== 1 ? 1 : 0);
  const merged = mergeAxes(
    words(y),
    [a, b].map((side) => broadcastStrides(words(side), words(y))),
  );
  const rank = merged.shape.length;
  const params: Record<string, number> = { rank, aSplat: spread(a), bSplat: spread(b) };
  for (let i = 0; i < MAX_RANK; i++) {
    const axis = i - MAX_RANK + rank;
    if (i > 0) params[`size${i}`] = merged.shape[axis] ?? 1;
    params[`a${i}`] = merged.strides[0]![axis] ?? 0;
    params[`b${i}`] = merged.strides[1]![axis] ?? 0;
  }
  return params;
}

/** The scales of a, b and y as the multipliers of the integer op. */
type Multipliers = (
  scales: { readonly a: number; readonly b: number; readonly y: number },
  rounding: Rounding,
  where: string,
) => readonly FixedPoint[];

/**
 * The integer form of a float op of a and b whose activation, if it has one, is taken over.
 * @throws QuantizationError for scales per channel.
 */
export function lowerPairwise(
  emitter: Emitter,
  where: string,
  node: NodeView,
  q: Lowering,
  op: OpDef<RequantizeAttrs>,
  multipliers: Multipliers,
): Quantized {
  const [a, b, y] = [q.input("a"), q.input("b"), q.output];
  expectPerTensor(where, "a", a.qparams);
  expectPerTensor(where, "b", b.qparams);
  expectPerTensor(where, "y", y);
  const [sa, sb, sy] = [a.qparams, b.qparams, y].map((p) => p.scale.data[0]!) as [number, number, number];
  const fixed = multipliers({ a: sa, b: sb, y: sy }, q.rounding, where);
  const constants: Tensors = {
    aZeroPoint: scalar("i32", a.qparams.zeroPoint.data[0]!),
    bZeroPoint: scalar("i32", b.qparams.zeroPoint.data[0]!),
    yZeroPoint: scalar("i32", y.zeroPoint.data[0]!),
    multiplier: i32Tensor(fixed.map((f) => f.multiplier)),
    exponent: i32Tensor(fixed.map((f) => f.exponent)),
  };
  const inputs = Object.fromEntries(Object.entries(constants).map(([k, t]) => [k, emitter.constant(t, `${node.name}.${k}`)]));
  const { activation = "none" } = node.attrs as Partial<RequantizeAttrs>;
  const attrs = requantizeAttrs(activation, q.rounding, y);
  return quantized(emitter.emit(op, { a: a.value, b: b.value, ...inputs }, attrs, node.name).y!, y);
}
