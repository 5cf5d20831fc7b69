/**
 * What qadd, qsub and qmul share: two tensors of 8-bit elements, i8 or u8 each, with zero points of their own, broadcast as in
 * PyTorch, and one kernel skeleton (shaders/lib/qpair.wgsl).
 */
import { ShapeError } from "../errors.ts";
import { formatShape, numel, sizes, tensor, allocate, scalar, type Tensor, type TensorType } from "../tensor/index.ts";
import { broadcastShape, broadcastStrides, forEachRow } from "./broadcast.ts";
import { flipOf, signedFlipOf } from "./bytewise.ts";
import { expectDType, expectShape } from "./check.ts";
import { dispatch1d } from "./kernel.ts";
import type { DeviceInfo, Emitter, KernelCall, Lowering, NodeView, OpDef, Quantized, Shader, Tensors, Variant } from "./op.ts";
import { MAX_RANK, vectorWalk, wordWalk, type Walk } from "./pairWalk.ts";
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

/** Rounds the steps da of a and db of b to steps of y; multipliers as the op has them. */
type Combine = (da: number, db: number, multiplier: Int32Array, exponent: Int32Array, rounding: Rounding) => number;

export interface Pairwise {
  readonly name: string;
  /** How many multipliers and exponents the op takes. */
  readonly multipliers: number;
  readonly combine: Combine;
  readonly shaders: PairShaders;
  readonly constants: (device: DeviceInfo) => KernelCall["constants"];
  /** Overrides where a and b change places; it takes those with these alone. */
  readonly swapped?: KernelCall["constants"];
}

/** The shader with lib/pairVectors.wgsl, and that with lib/pairScalars.wgsl. */
export interface PairShaders {
  readonly vec4: Shader;
  readonly word: Shader;
}

export function pairwise({ name, multipliers, combine, shaders, constants, swapped = {} }: Pairwise): OpDef<RequantizeAttrs> {
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

    kernel(types, attrs, device) {
      const { a, b } = types as { a: TensorType; b: TensorType };
      // The side that is spread is b.
      if (numel(a.shape) >= numel(b.shape))
        return pairVariants(shaders, a, b, attrs, { constants: constants(device), bindings: names("a", "b") }, device);
      return pairVariants(shaders, b, a, attrs, { constants: { ...constants(device), ...swapped }, bindings: names("b", "a") }, device);
    },
  };
}

/** What the kernel's a and b are in the op. */
const names = (a: string, b: string): PairNames => ({ a, b, aZeroPoint: `${a}ZeroPoint`, bZeroPoint: `${b}ZeroPoint` });

interface PairNames {
  readonly a: string;
  readonly b: string;
  readonly aZeroPoint: string;
  readonly bZeroPoint: string;
}

/** The variants of shaders that include lib/qpair.wgsl. */
export function pairVariants(
  shaders: PairShaders,
  a: TensorType,
  b: TensorType,
  attrs: RequantizeAttrs,
  { constants, bindings }: { readonly constants: KernelCall["constants"]; readonly bindings: PairNames },
  device: DeviceInfo,
): readonly Variant[] {
  const y: TensorType = { dtype: attrs.dtype, shape: broadcastShape("broadcast", a.shape, b.shape) };
  const plan = (name: string, shader: Shader, walk: Walk, more: Readonly<Record<string, string>>): Variant => {
    const call: KernelCall = {
      shader,
      constants: { ...requantizeConstants(attrs), ...walk.constants, ...constants },
      params: { ...walk.params, ...requantizeParams(attrs), aFlip: signedFlipOf(a), bFlip: signedFlipOf(b), yFlip: flipOf(y) },
      bindings: { ...bindings, ...more },
      workgroups: dispatch1d(walk.threads, 64, device),
    };
    return { name: name + (device.software ? "Runs" : ""), calls: [call] };
  };
  const operands = { shapes: [sizes(y.shape), sizes(a.shape), sizes(b.shape)] as const, packed: true };
  const words = plan("word", shaders.word, wordWalk(operands, device), {});
  const vectors = vectorWalk(operands, device);
  // A side that is not read as vec4s is bound as the other: it may be smaller than one.
  const sides = vectors && [bindings.a, bindings.b].filter((_, i) => vectors.units[i]);
  if (!vectors || !sides?.length) return [words];
  const [whole] = sides as [string, ...string[]];
  const [ofA, ofB] = vectors.units;
  const more = { a: ofA ? bindings.a : whole, b: ofB ? bindings.b : whole, aWords: bindings.a, bWords: bindings.b };
  return [plan("vec4", shaders.vec4, vectors, more), words];
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
