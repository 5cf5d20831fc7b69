/** Real values to stored ones, and from stored ones to others, by PyTorch's rules. */
import type { Backend } from "../../../../src/backend/backend.ts";
import { tensor, type Tensor } from "../../../../src/tensor/index.ts";
import { ofXY, readX, targetY } from "../../attrs.ts";
import { emit, evaluate, f32s, i32s, type Adapter, type Results } from "../../evaluate.ts";
import { number, oneOf, readAttrs, readInputs, Refused, tensorOf, type GoldenCase } from "../../golden-case.ts";
import { throughReals } from "../../integer-ops.ts";
import { withExactPre } from "./results.ts";

/** PyTorch's quint8, qint8 and qint32; the data of the last stays within 2^30. */
const containers = {
  quint8: { dtype: "u8", quantMin: 0, quantMax: 255 },
  qint8: { dtype: "i8", quantMin: -128, quantMax: 127 },
  qint32: { dtype: "i32", quantMin: -(2 ** 30), quantMax: 2 ** 30 - 1 },
} as const;
const eightBits = oneOf("quint8", "qint8");
const fused = "PyTorch's rule rint(fma(x, 1 / s, z)), of one rounding before rint, is not offered by the arithmetic contract";

/**
 * x -> q by the rule y_round_first, and the golden q back to real values. Where PyTorch computes without FMA, y is
 * clamp(rint(f32(f32(x * f32(1 / s)) + z))): ops of their own for the product and the sum, then whole steps of 1.
 */
async function quantized(
  c: GoldenCase,
  backend: Backend,
  qparams: { scale: Tensor; zeroPoint: Tensor },
  x: Tensor,
  dtype: keyof typeof containers,
  axis: number | null,
  withFma: boolean,
): Promise<Results> {
  const container = containers[dtype];
  const q = tensorOf(c, c.outputs.get("y")!);
  if (q.dtype !== container.dtype) throw new Refused(`y of a ${dtype} as ${q.dtype} is not offered`);
  // One value, or one for each index along the axis, against x.
  const along = (data: Float32Array): Tensor<"f32"> =>
    tensor("f32", axis === null ? [1] : [data.length, ...x.shape.slice(axis + 1).map(() => 1)], data);
  const { first, back, after } = await evaluate(backend, { x, q, ...qparams }, (b) => {
    const attrs = { ...container, rounding: "reciprocal" } as const;
    const product = emit(b, "mul", { a: "x", b: b.constant(along(Float32Array.from(qparams.scale.data, (s) => 1 / s)), "inverse") }).y!;
    const sum = emit(b, "add", { a: product, b: b.constant(along(Float32Array.from(qparams.zeroPoint.data)), "offset") }).y!;
    const units = { scale: b.constant(f32s(1), "unit"), zeroPoint: b.constant(i32s(0), "zero") };
    return {
      first: emit(b, "quantize", { x: "x", scale: "scale", zeroPoint: "zeroPoint" }, { ...attrs, axis }).y!,
      back: emit(b, "dequantize", { x: "q", scale: "scale", zeroPoint: "zeroPoint" }, { axis }).y!,
      after: emit(b, "quantize", { x: sum, ...units }, { ...attrs, axis: null }).y!,
    };
  });
  const outputs = { y_round_first: first!, dequantized: back! };
  return withFma ? { outputs, refused: { y: fused } } : { outputs: { ...outputs, y: after! } };
}

export const quantizePerTensor: Adapter = (c, backend) => {
  const a = readAttrs(c, { scale: number, zero_point: number, dtype: oneOf("quint8", "qint8", "qint32") });
  const { x } = readInputs(c, { x: "f32" });
  return quantized(c, backend, { scale: f32s(a.scale), zeroPoint: i32s(a.zero_point) }, x, a.dtype, null, a.dtype !== "qint32");
};

export const quantizePerChannel: Adapter = (c, backend) => {
  const a = readAttrs(c, { axis: number, dtype: eightBits });
  const { x, scale, zero_point: zeroPoint } = readInputs(c, { x: "f32", scale: "f32", zero_point: "i32" });
  return quantized(c, backend, { scale, zeroPoint }, x, a.dtype, a.axis, false);
};

/** PyTorch's requantize goes through real numbers, in f32: dequantize, then quantize. */
export const requantize: Adapter = async (c, backend) => {
  const a = readAttrs(c, { ...ofXY, from_dtype: eightBits, to_dtype: eightBits });
  const [x, target] = [readX(c, containers[a.from_dtype].dtype, a), targetY(containers[a.to_dtype].dtype, a)];
  const y = await throughReals(backend, x, target, { rounding: "reciprocal" });
  return { outputs: { y_round_first: y }, refused: { y: fused }, ...withExactPre(c) };
};
