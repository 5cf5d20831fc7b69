/**
 * Integer forms of functions of one value, by a table of all 256 bytes: qsigmoid, qhardSigmoid, qhardSwish, qleakyRelu.
 *
 *     y = table[x - (-128 for i8, 0 for u8)]
 *
 * x i8 or u8 of any shape; table i8 or u8 [256], whose type is y's. The converter makes it on the host, from scales and zero
 * points: the integer is dequantized, v = f32((q - z_x) * s_x), the function is taken in f64, and
 *
 *     table[i] = clamp(rhe(f(v) / s_y) + z_y, quantMin, quantMax)
 *
 * with the quotient in f64, half to even before the zero point is added, under every rounding rule.
 */
import { clamp, dequantize, roundHalfEven } from "../numerics/index.ts";
import { i32, tensor, type Tensor } from "../tensor/index.ts";
import { flipOf, mapped, wordGrid } from "./bytewise.ts";
import { expectDType, expectShape } from "./check.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { Emitter, KernelCall, Lowering, NodeView, OpDef, Qparams, Quantized } from "./op.ts";
import { expectPerTensor, quantized } from "./requantized.ts";
import shader from "../../shaders/table.wgsl";
import vec4Shader from "../../shaders/tableVec4.wgsl";
import widenShader from "../../shaders/tableWiden.wgsl";

/** Fewer words are not worth the dispatch that widens the table. */
const MANY = 2048;

const smallest = (dtype: string): number => (dtype === "i8" ? -128 : 0);

/** The op of this name. */
export const byTable = (name: string): OpDef<Record<string, never>> => ({
  name,
  inputs: ["x", "table"],
  outputs: ["y"],
  quantization: "float",

  infer({ x, table }, _attrs, where) {
    expectDType(where, "x", x!, "i8", "u8");
    expectDType(where, "table", table!, "i8", "u8");
    expectShape(where, "table", table!, [256], "must hold a value for each byte");
    return { y: { dtype: table!.dtype, shape: x!.shape } };
  },

  reference(tensors) {
    const { x, table } = tensors as { x: Tensor; table: Tensor<"i8" | "u8"> };
    const first = smallest(x.dtype);
    return { y: mapped(x, table.dtype, (q) => table.data[q - first]!) };
  },

  kernel({ x }, _attrs, device) {
    const { params, workgroups } = wordGrid(x!, device);
    const { words, channels } = params;
    const xFlip = flipOf(x!);
    const vectors = words / 4;
    const threads = ceilDiv(vectors, 4);
    const vec4: KernelCall = {
      shader: vec4Shader,
      constants: { PADDED: channels % 4 !== 0 },
      params: { vectors, threads, channels, xFlip },
      workgroups: dispatch1d(threads, 64, device),
    };
    return [
      {
        name: "vec4, widened",
        when: words % 4 === 0 && words >= MANY,
        scratch: { wide: i32([256]) },
        calls: [{ shader: widenShader, params: { threads: 256 }, workgroups: [4, 1, 1] }, vec4],
      },
      { name: "word", calls: [{ shader, params: { ...params, xFlip }, workgroups }] },
    ];
  },
});

/** The table of a function of real values, from integers of `x` to integers of `y`. */
export function tableOf(of: (v: number) => number, x: Qparams, y: Qparams): Tensor<"i8" | "u8"> {
  const [scale, zeroPoint] = [x.scale.data[0]!, x.zeroPoint.data[0]!];
  const values = Array.from({ length: 256 }, (_, i) => {
    const steps = roundHalfEven(of(dequantize(i + smallest(x.dtype), scale, zeroPoint)) / y.scale.data[0]!);
    return clamp(steps + y.zeroPoint.data[0]!, y.quantMin, y.quantMax);
  });
  return tensor(y.dtype, [256], values);
}

/** `lower` of the float op that computes `of`; `op` looks it up. */
export const lowerByTable =
  <A>(op: OpDef<Record<string, never>>, of: (v: number, attrs: A) => number) =>
  (b: Emitter, node: NodeView, q: Lowering): Quantized => {
    const [x, y] = [q.input("x"), q.output];
    const where = `${op.name} "${node.name}"`;
    expectPerTensor(where, "x", x.qparams);
    expectPerTensor(where, "y", y);
    const table = b.constant(
      tableOf((v) => of(v, node.attrs as A), x.qparams, y),
      `${node.name}.table`,
    );
    return quantized(b.emit(op, { x: x.value, table }, {}, node.name).y!, y);
  };
