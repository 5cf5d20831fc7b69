/** The operators com.microsoft.QLinear*: sums, products, averages and tables of integers, by ONNX Runtime's rule `float`. */
import { additionMultipliers } from "../../ops/addition.ts";
import { requantizeMultiplier, f32 } from "../../numerics/index.ts";
import type { OpDef, Qparams } from "../../ops/op.ts";
import { qadd } from "../../ops/qadd.ts";
import { qglobalAvgPool2d } from "../../ops/qglobalAvgPool2d.ts";
import { qmul } from "../../ops/qmul.ts";
import { i32Tensor, type RequantizeAttrs } from "../../ops/requantized.ts";
import type { FixedPoint } from "../../numerics/index.ts";
import { int } from "../attributes.ts";
import { together } from "../broadcast.ts";
import { operator } from "../operator.ts";
import { perTensor } from "../qparams.ts";
import { outputQparams, requantizeTo } from "../weighted.ts";
import { asImage } from "../window.ts";

type Scales = { readonly a: number; readonly b: number; readonly y: number };

const pairwise = (type: string, op: OpDef<RequantizeAttrs>, multipliers: (scales: Scales, where: string) => readonly FixedPoint[]) =>
  operator({
    type,
    domain: "com.microsoft",
    inputs: [7, 8],
    attributes: {},
    emit(c) {
      const [x, y] = [c.input(0), c.input(3)];
      for (const operand of [x, y]) c.expectType(operand, "int8", "uint8");
      const [qa, qb, qy] = [perTensor(c, 1, x.type), perTensor(c, 4, y.type), outputQparams(c, 6)] as const;
      const scale = ({ scale: s }: Qparams): number => s.data[0]!;
      const fixed = multipliers({ a: scale(qa), b: scale(qb), y: scale(qy) }, c.where);
      const { a, b, form } = together(c, x, y);
      const inputs = {
        a,
        b,
        aZeroPoint: c.constant(qa.zeroPoint, "aZeroPoint"),
        bZeroPoint: c.constant(qb.zeroPoint, "bZeroPoint"),
        yZeroPoint: c.constant(qy.zeroPoint, "yZeroPoint"),
        multiplier: c.constant(i32Tensor(fixed.map((f) => f.multiplier)), "multiplier"),
        exponent: c.constant(i32Tensor(fixed.map((f) => f.exponent)), "exponent"),
      };
      c.output(0, c.emit(op, inputs, requantizeTo(qy)).y!, { ...form, type: c.optional(7)?.type ?? "uint8" });
    },
  });

export const qelementwise = [
  pairwise("QLinearAdd", qadd, (scales, where) => additionMultipliers(scales, "float", where)),
  pairwise("QLinearMul", qmul, ({ a, b, y }, where) => [requantizeMultiplier("float", { x: a, w: b, y }, where)]),
  operator({
    type: "QLinearGlobalAveragePool",
    domain: "com.microsoft",
    inputs: [5, 5],
    attributes: { channels_last: int(0) },
    emit(c) {
      const x = c.input(0);
      c.expectType(x, "int8", "uint8");
      if (c.attributes.channels_last !== 0) c.unsupported("channels_last");
      const [qx, qy] = [perTensor(c, 1, x.type), outputQparams(c, 3)];
      const image = asImage(c, x);
      const [, h, w] = c.typeOf(image.value).shape as [unknown, number, number];
      const y = f32(qy.scale.data[0]! * h * w);
      const fixed = requantizeMultiplier("float", { x: qx.scale.data[0]!, y }, c.where);
      const inputs = {
        x: image.value,
        xZeroPoint: c.constant(qx.zeroPoint, "xZeroPoint"),
        yZeroPoint: c.constant(qy.zeroPoint, "yZeroPoint"),
        multiplier: c.constant(i32Tensor([fixed.multiplier]), "multiplier"),
        exponent: c.constant(i32Tensor([fixed.exponent]), "exponent"),
      };
      image.output(0, c.emit(qglobalAvgPool2d, inputs, requantizeTo(qy)).y!, { type: c.input(4).type });
    },
  }),
];
