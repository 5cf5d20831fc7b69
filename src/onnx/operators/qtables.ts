/**
 * The operators com.microsoft.QLinear* of one value at a time, by tables of all 256 bytes, and QLinearConcat and
 * QLinearAveragePool. ONNX Runtime dequantizes, computes in f32 and quantizes; so do the tables.
 */
import { dequantize, f32, quantize, requantizeMultiplier } from "../../numerics/index.ts";
import { qavgPool2d } from "../../ops/qavgPool2d.ts";
import { qconcat } from "../../ops/qconcat.ts";
import { qleakyRelu } from "../../ops/qleakyRelu.ts";
import { qsigmoid } from "../../ops/qsigmoid.ts";
import type { OpDef, Qparams, Value } from "../../ops/op.ts";
import { i32Tensor } from "../../ops/requantized.ts";
import { tensor } from "../../tensor/index.ts";
import { float, int } from "../attributes.ts";
import type { Context } from "../context.ts";
import { inOrder, isIdentity, isReshaped } from "../operand.ts";
import { operator } from "../operator.ts";
import { perTensor } from "../qparams.ts";
import { outputQparams, requantizeTo } from "../weighted.ts";
import { asImage, windowAttributes, windowOf } from "../window.ts";

/** x through a table of this function. */
function looked(
  c: Context,
  op: OpDef,
  x: Value,
  [from, to]: readonly [Qparams, Qparams],
  of: (v: number) => number,
  suffix?: string,
): Value {
  const first = from.dtype === "i8" ? -128 : 0;
  const [scale, zero] = [from.scale.data[0]!, from.zeroPoint.data[0]!];
  const values = Array.from({ length: 256 }, (_, i) =>
    quantize(f32(of(dequantize(i + first, scale, zero))), to.scale.data[0]!, to.zeroPoint.data[0]!, to, "divide"),
  );
  const name = suffix === undefined ? "table" : `${suffix}.table`;
  return c.emit(op, { x, table: c.constant(tensor(to.dtype, [256], values), name) }, {}, suffix).y!;
}

const unary = <A extends Record<string, ReturnType<typeof float>>>(
  type: string,
  op: OpDef,
  attributes: A,
  of: (v: number, alpha: number) => number,
) =>
  operator({
    type,
    domain: "com.microsoft",
    inputs: [4, 5],
    attributes,
    emit(c) {
      const x = c.input(0);
      c.expectType(x, "int8", "uint8");
      const qparams = [perTensor(c, 1, x.type), outputQparams(c, 3)] as const;
      const alpha = (c.attributes as { readonly alpha?: number }).alpha ?? 0;
      c.elementwise((value) => looked(c, op, value, qparams, (v) => of(v, alpha)), c.optional(4)?.type ?? "uint8");
    },
  });

const isSame = (a: Qparams, b: Qparams): boolean =>
  a.dtype === b.dtype && a.scale.data[0] === b.scale.data[0] && a.zeroPoint.data[0] === b.zeroPoint.data[0];

/** Inputs: scale and zero point of the output, then value, scale and zero point of each part. */
const qlinearConcat = operator({
  type: "QLinearConcat",
  domain: "com.microsoft",
  inputs: [5, Infinity],
  attributes: { axis: int(0) },
  emit(c) {
    if (c.count % 3 !== 2) c.fail("missing-input", "inputs are not threes", "scale and zero point, then threes", `${c.count} inputs`);
    const y = outputQparams(c, 0);
    const at = inOrder((c.count - 2) / 3).map((i) => 2 + 3 * i);
    const parts = at.map((i) => c.input(i));
    const rank = parts[0]!.shape.length;
    for (const x of parts) {
      c.expectType(x, "int8", "uint8");
      c.expectRank(x, rank);
    }
    const axis = c.axis(c.attributes.axis, rank);
    const leading = parts.find((x) => x.made && !isReshaped(x) && !isIdentity(x.made.axes));
    const axes = leading?.made?.axes ?? inOrder(rank);
    let values = parts.map((x, i) => {
      const from = perTensor(c, at[i]! + 1, x.type);
      const value = c.value(x, axes);
      // Slope 1 leaves values as they are: only scales and zero points change.
      return isSame(from, y) ? value : looked(c, qleakyRelu, value, [from, y], (v) => v, `part${i}`);
    });
    const join = (some: readonly Value[], suffix?: string): Value =>
      c.emit(qconcat, Object.fromEntries(some.map((v, i) => [`x${i}`, v])), { axis: axes.indexOf(axis) }, suffix).y!;
    while (values.length > 6) values = [join(values.slice(0, 6), "part"), ...values.slice(6)];
    c.output(0, join(values), { axes, type: c.input(1).type });
  },
});

const qlinearAveragePool = operator({
  type: "QLinearAveragePool",
  domain: "com.microsoft",
  inputs: [4, 5],
  attributes: { ...windowAttributes, ceil_mode: int(0), channels_last: int(0), count_include_pad: int(0) },
  emit(c) {
    const x = c.input(0);
    c.expectType(x, "int8", "uint8");
    if (c.attributes.channels_last !== 0) c.unsupported("channels_last");
    if (c.attributes.ceil_mode !== 0) c.unsupported("ceil_mode");
    const [from, to] = [perTensor(c, 1, x.type), outputQparams(c, 3)];
    const image = asImage(c, x);
    const { dilation, ...window } = windowOf(c, x, c.attributes);
    if (dilation.some((d) => d !== 1)) c.unsupported("dilations");
    const [sx, sy] = [from.scale.data[0]!, to.scale.data[0]!];
    const most = window.kernel[0]! * window.kernel[1]!;
    c.expectTable(most);
    // A multiplier for each number of pixels that a window can count.
    const fixed = Array.from({ length: most + 1 }, (_, n) =>
      requantizeMultiplier("float", { x: sx, y: f32(sy * Math.max(n, 1)) }, c.where),
    );
    const inputs = {
      x: image.value,
      xZeroPoint: c.constant(from.zeroPoint, "xZeroPoint"),
      yZeroPoint: c.constant(to.zeroPoint, "yZeroPoint"),
      multiplier: c.constant(i32Tensor(fixed.map((f) => f.multiplier)), "multiplier"),
      exponent: c.constant(i32Tensor(fixed.map((f) => f.exponent)), "exponent"),
    };
    const attrs = { ...window, countIncludePad: c.attributes.count_include_pad !== 0, ...requantizeTo(to) };
    image.output(0, c.emit(qavgPool2d, inputs, attrs).y!, { type: c.optional(4)?.type ?? "uint8" });
  },
});

export const qtables = [
  unary("QLinearSigmoid", qsigmoid, {}, (v) => 1 / (1 + Math.exp(-v))),
  unary("QLinearLeakyRelu", qleakyRelu, { alpha: float(0.01) }, (v, alpha) => (v >= 0 ? v : v * alpha)),
  qlinearAveragePool,
  qlinearConcat,
];
