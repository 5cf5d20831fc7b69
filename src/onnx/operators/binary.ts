/**
 * Add, Sub, Mul and Div, broadcast as in NumPy. Floats by dot4's ops of the same names; whole numbers of up to 32 bits, and int64
 * as far as i32 goes, by integerBinary: they wrap around, and quotients are cut off; double and uint64 by wideBinary.
 */
import { add } from "../../ops/add.ts";
import { cast } from "../../ops/cast.ts";
import { div } from "../../ops/div.ts";
import { integerBinary, type IntegerOperation } from "../../ops/integerBinary.ts";
import { mul } from "../../ops/mul.ts";
import type { OpDef, Value } from "../../ops/op.ts";
import { sub } from "../../ops/sub.ts";
import { wideBinary, type WideOperation } from "../../ops/wideBinary.ts";
import { int, ints } from "../attributes.ts";
import { together } from "../broadcast.ts";
import type { Context } from "../context.ts";
import { wideOf } from "../elements.ts";
import { withShape, type Operand } from "../operand.ts";
import { operator } from "../operator.ts";
import { castTargets } from "./cast.ts";

const whole = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"] as const;

function emitBinary(c: Context, op: OpDef, y: Operand): void {
  const x = c.input(0);
  c.expectType(x, "float", "double", ...whole);
  c.expectType(y, x.type);
  const { a, b, form } = together(c, x, y);
  if (x.type === "float") return c.output(0, c.emit(op, { a, b }).y!, form);
  const operation = op.name as IntegerOperation & WideOperation;
  const type = wideOf(x.type);
  if (type !== undefined) return c.output(0, c.emit(wideBinary, { a, b }, { type, operation }).y!, form);
  const wide = (value: Value): Value =>
    ["i32", "u32"].includes(c.typeOf(value).dtype) ? value : c.emit(cast, { x: value }, { to: "i32" }, "wide").y!;
  // Fewer than 32 bits are computed in 32, of which the lowest are kept.
  const to = castTargets[x.type]!;
  const isNarrow = to !== "i32" && to !== "u32";
  const all = c.emit(integerBinary, { a: wide(a), b: wide(b) }, { operation }, isNarrow ? "wrapped" : undefined).y!;
  c.output(0, isNarrow ? c.emit(cast, { x: all }, { to }).y! : all, form);
}

/** Before version 7 of the operator set, shapes broadcast only on request: the second one along the axes from `axis` on. */
const binary = (type: string, op: OpDef) => [
  operator({ type, since: 7, inputs: [2, 2], wide: true, attributes: {}, emit: (c) => emitBinary(c, op, c.input(1)) }),
  operator({
    type,
    inputs: [2, 2],
    wide: true,
    attributes: { axis: int(), broadcast: int(0), consumed_inputs: ints() },
    emit(c) {
      const [x, y] = [c.input(0), c.input(1)];
      const { axis, broadcast } = c.attributes;
      if (broadcast === 0 || axis === undefined) return emitBinary(c, op, y);
      const behind = x.shape.length - c.axis(axis, x.shape.length) - y.shape.length;
      if (behind < 0) c.fail("bad-attribute", "axis leaves no room for the second input", "fewer axes behind it", `${axis}`);
      emitBinary(c, op, withShape(y, [...y.shape, ...Array<number>(behind).fill(1)]));
    },
  }),
];

export const binaries = [...binary("Add", add), ...binary("Sub", sub), ...binary("Mul", mul), ...binary("Div", div)];
