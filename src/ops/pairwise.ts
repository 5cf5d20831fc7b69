/**
 * What qadd, qsub and qmul share: two tensors of 8-bit elements, i8 or u8 each, with zero points of their own, broadcast as in
 * PyTorch, and one kernel skeleton (shaders/lib/qpair.wgsl).
 */
import { ShapeError } from "../errors.ts";
import { formatShape, numel, sizes, tensor, allocate, scalar, type Tensor, type TensorType } from "../tensor/index.ts";
import { broadcastShape, broadcastStrides, forEachRow, mergeAxes } from "./broadcast.ts";
import { flipOf, signedFlipOf } from "./bytewise.ts";
import { expectDType, expectShape } from "./check.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
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

/** Axes that the kernel walks. */
const MAX_RANK = 6;
/** Words of a thread at most: 4 to each bit of a u32. */
const MAX_RUN = 128;

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
  const walk = walkOf(sizes(a.shape), sizes(b.shape), sizes(y.shape), device);
  const call: KernelCall = {
    shader,
    constants: { ...requantizeConstants(attrs), ...constants, ...walk.constants },
    params: { ...walk.params, ...requantizeParams(attrs), aFlip: signedFlipOf(a), bFlip: signedFlipOf(b), yFlip: flipOf(y) },
    ...(bindings && { bindings }),
    workgroups: dispatch1d(walk.threads, 64, device),
  };
  return { name: (walk.constants.BROADCAST ? "broadcast" : "word") + (device.software ? "Runs" : ""), calls: [call] };
}

/** Words along an axis of y, and how many words of y, a and b they are apart. */
interface Axis {
  readonly size: number;
  readonly steps: readonly number[];
}

const times = (steps: readonly number[], by: number): readonly number[] => steps.map((step) => step * by);

/** The axes of y in words, innermost first; neighbours that all step alike are one, but rows that end inside a word stay. */
function axesOf(sides: readonly (readonly number[])[], padded: boolean): readonly Axis[] {
  const [y] = sides as [readonly number[]];
  const strides = sides.map((side) => broadcastStrides(side, y));
  const outer = padded ? -1 : undefined;
  const merged = mergeAxes(
    y.slice(0, outer),
    strides.map((s) => s.slice(0, outer)),
  );
  const axes = merged.shape.map((size, i) => ({ size, steps: merged.strides.map((s) => s[i]!) })).reverse();
  return padded ? [{ size: y.at(-1)!, steps: strides.map((s) => s.at(-1)!) }, ...axes] : axes;
}

/** Grid, Params and overrides of shaders/lib/pairWords.wgsl: each thread takes words along one axis, and the others are its grid. */
function walkOf(a: readonly number[], b: readonly number[], y: readonly number[], { software }: DeviceInfo): Walk {
  const channels = y.at(-1) ?? 1;
  const PADDED = channels % 4 !== 0;
  const words = [y, a, b].map((shape) => [...shape.slice(0, -1), ceilDiv(shape.at(-1) ?? 1, 4)]);
  const count = numel(words[0]!);
  const axes = axesOf(words, PADDED);
  // Long runs where a thread's beginning is dear, as long as all cores have some.
  const most = software ? Math.max(4, Math.min(MAX_RUN, ceilDiv(count, 1024))) : 4;
  const worth = ({ size, steps }: Axis): number => Math.min(size, most) * (steps.includes(0) ? 1.5 : 1);
  const along = axes.reduce((best, axis) => (worth(axis) > worth(best) ? axis : best));
  const chunks = ceilDiv(along.size, most);
  const length = ceilDiv(along.size, Math.max(1, chunks));
  const inner = along === axes[0];
  // On a GPU neighbouring threads read neighbours.
  const pitch = inner && !software ? chunks : 1;
  const start = pitch > 1 ? 1 : length;
  const rest = axes.filter((axis) => axis !== along);
  const chunk = { size: chunks, steps: times(along.steps, start) };
  const grid = inner ? [chunk, ...rest] : [...rest, chunk];
  const threads = count && numel(grid.map((axis) => axis.size));
  const steps = times(along.steps, pitch);
  const params: Record<string, number> = { channels, length, positions: along.size, pitch, start };
  params["innermost"] = inner ? 1 : 0;
  params["column"] = inner ? pitch : 0;
  ["y", "a", "b"].forEach((side, s) => {
    params[side] = steps[s]!;
    params[`${side}Last`] = grid.at(-1)!.steps[s]!;
    for (let i = 0; i < MAX_RANK - 1; i++) {
      const axis = grid.slice(0, -1)[i];
      params[`size${i}`] = axis?.size ?? 1;
      params[`${side}${i}`] = axis?.steps[s] ?? 0;
    }
  });
  const BROADCAST = [a, b].some((side) => numel(side) !== numel(y));
  const [SPREAD_A, SPREAD_B] = [a, b].map((side) => (side.at(-1) ?? 1) === 1 && channels !== 1) as [boolean, boolean];
  const [FIXED_A, FIXED_B] = steps.slice(1).map((step) => BROADCAST && step === 0) as [boolean, boolean];
  return {
    threads,
    params: { threads, ...params },
    constants: { AXES: grid.length, BROADCAST, PADDED, FIXED_A, FIXED_B, SPREAD_A, SPREAD_B },
  };
}

interface Walk {
  readonly threads: number;
  readonly params: Readonly<Record<string, number>>;
  readonly constants: { readonly BROADCAST: boolean } & NonNullable<KernelCall["constants"]>;
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
