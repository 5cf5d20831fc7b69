/** Operators that treat every element alike, however the tensor lies in memory. */
import { add } from "../../ops/add.ts";
import { clamp } from "../../ops/clamp.ts";
import { hardSigmoid } from "../../ops/hardSigmoid.ts";
import { hardSwish } from "../../ops/hardSwish.ts";
import { leakyRelu } from "../../ops/leakyRelu.ts";
import { mul } from "../../ops/mul.ts";
import type { Attrs, OpDef, Value } from "../../ops/op.ts";
import { qclamp } from "../../ops/qclamp.ts";
import { relu } from "../../ops/relu.ts";
import { sigmoid } from "../../ops/sigmoid.ts";
import { scalar } from "../../tensor/index.ts";
import { float, ints, type Attributes, type Specs } from "../attributes.ts";
import type { Context } from "../context.ts";
import { operator } from "../operator.ts";

/** An operator of one float tensor; `attrs` gives the op's attributes from ONNX's. */
const unary = <const S extends Specs>(
  type: string,
  op: OpDef,
  attributes: S = {} as S,
  attrs: (attributes: Attributes<S>) => Attrs = () => ({}),
) =>
  operator({
    type,
    inputs: [1, 1],
    attributes: { consumed_inputs: ints(), ...attributes },
    emit(c) {
      c.expectType(c.input(0), "float");
      c.elementwise((x) => c.emit(op, { x }, attrs(c.attributes as unknown as Attributes<S>)).y!);
    },
  });

/** Clips to bounds, of which each may be absent; where they are in the wrong order, all becomes the upper one. */
function clip(c: Context, least: number | undefined, most: number | undefined): void {
  const x = c.input(0);
  const [min, max] = [least === undefined || most === undefined ? least : Math.min(least, most), most];
  if (x.type === "float") return c.elementwise((value) => c.emit(clamp, { x: value }, { min: min ?? null, max: max ?? null }).y!);
  c.expectType(x, "float", "int8", "uint8");
  const bound = (name: string, value: number): Value => c.constant(scalar("i32", value), name);
  c.elementwise((value) => c.emit(qclamp, { x: value, low: bound("low", min ?? -128), high: bound("high", max ?? 255) }).y!);
}

/** A bound of Clip, which has to be known and of x's type. */
function bound(c: Context, i: number): number | undefined {
  const given = c.optional(i);
  if (!given) return undefined;
  c.expectType(given, c.input(0).type);
  const values = c.knownNumbers(i);
  return values.length === 1 ? values[0] : c.fail("shape-mismatch", `input ${i} is no scalar`, "one value", `${values.length} values`);
}

/** alpha x + beta, clamped to 0..1; with 1/6 and 1/2 it is dot4's hardSigmoid, which has an integer form. */
const hardSigmoids = operator({
  type: "HardSigmoid",
  inputs: [1, 1],
  attributes: { alpha: float(0.2), beta: float(0.5), consumed_inputs: ints() },
  emit(c) {
    c.expectType(c.input(0), "float");
    const { alpha, beta } = c.attributes;
    if (Math.fround(alpha) === Math.fround(1 / 6) && beta === 0.5) return c.elementwise((x) => c.emit(hardSigmoid, { x }).y!);
    const number = (name: string, value: number): Value => c.constant(scalar("f32", value), name);
    c.elementwise((x) => {
      const scaled = c.emit(mul, { a: x, b: number("alpha", alpha) }, {}, "scaled").y!;
      return c.emit(clamp, { x: c.emit(add, { a: scaled, b: number("beta", beta) }, {}, "shifted").y! }, { min: 0, max: 1 }).y!;
    });
  },
});

export const elementwise = [
  unary("Relu", relu),
  unary("Sigmoid", sigmoid),
  unary("LeakyRelu", leakyRelu, { alpha: float(0.01) }, ({ alpha }) => ({ negativeSlope: alpha })),
  unary("HardSwish", hardSwish),
  hardSigmoids,
  operator({
    type: "Clip",
    inputs: [1, 1],
    attributes: { min: float(), max: float(), consumed_inputs: ints() },
    emit: (c) => clip(c, c.attributes.min, c.attributes.max),
  }),
  operator({ type: "Clip", since: 11, inputs: [1, 3], attributes: {}, emit: (c) => clip(c, bound(c, 1), bound(c, 2)) }),
  operator({ type: "Identity", inputs: [1, 1], wide: true, attributes: {}, emit: (c) => c.alias(0, c.input(0)) }),
];
