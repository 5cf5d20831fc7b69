/** QuantizeLinear and DequantizeLinear: dot4's quantize, in the form `divide`, and dequantize. */
import { dequantize } from "../../ops/dequantize.ts";
import { quantize } from "../../ops/quantize.ts";
import { int } from "../attributes.ts";
import type { Context } from "../context.ts";
import { elementOf, type ElementType } from "../elements.ts";
import { operator } from "../operator.ts";
import { inOrder, isReshaped, type Operand } from "../operand.ts";
import { rangeOf, scaleValue, zeroPointValue } from "../qparams.ts";
import type { Value } from "../../ops/op.ts";

/**
 * x as it lies, with the axis of its channels there: null where there is one scale for all, which a scale without axes or of
 * one element is, unless there is one channel.
 */
function channelled(c: Context, x: Operand, scale: Operand, axis: number) {
  const one = scale.shape.length === 0 || scale.shape[0] === 1;
  const made = x.made && (one || !isReshaped(x)) ? x.made : { value: c.value(x), axes: inOrder(x.shape.length) };
  if (one) return { ...made, axis: null, channels: undefined };
  const at = c.axis(axis, x.shape.length);
  const channels = x.shape[at];
  if (typeof channels !== "number") return c.unsupported("a scale for each element of a symbolic axis");
  return { ...made, axis: made.axes.indexOf(at), channels };
}

interface Blocked {
  readonly block_size: number;
}
function expectWhole(c: Context, { block_size }: Blocked): void {
  if (block_size !== 0) c.unsupported("block_size");
}

/** The element type that QuantizeLinear makes: that of its zero point, or what `output_dtype` says. */
function quantizedType(c: Context, code: number): ElementType {
  const zero = c.optional(2)?.type;
  const asked = code === 0 ? undefined : elementOf(code)?.type;
  if (code !== 0 && asked === undefined) c.unsupported(`output_dtype ${code}`);
  if (zero && asked && zero !== asked) c.fail("dtype-mismatch", "output_dtype is not the type of the zero point", zero, asked);
  const type = zero ?? asked ?? "uint8";
  if (type !== "int8" && type !== "uint8") return c.unsupported(`quantizing to ${type}`, "int8 or uint8");
  return type;
}

const quantizeAttributes = { axis: int(1), block_size: int(0), output_dtype: int(0), precision: int(0), saturate: int(1) };

export const quantizeLinear = operator({
  type: "QuantizeLinear",
  inputs: [2, 3],
  attributes: quantizeAttributes,
  emit(c) {
    const x = c.input(0);
    c.expectType(x, "float");
    expectWhole(c, c.attributes);
    if (c.attributes.precision > 1) c.unsupported("a precision other than float");
    const type = quantizedType(c, c.attributes.output_dtype);
    const { value, axes, axis, channels } = channelled(c, x, c.input(1), c.attributes.axis);
    const inputs = { x: value, scale: scaleValue(c, 1, channels), zeroPoint: zeroPointValue(c, 2, type, channels) };
    const attrs = { dtype: type === "int8" ? ("i8" as const) : ("u8" as const), ...rangeOf(type), axis, rounding: "divide" as const };
    c.output(0, c.emit(quantize, inputs, attrs).y!, { type, axes, shape: x.shape });
  },
});

export const dequantizeLinear = operator({
  type: "DequantizeLinear",
  inputs: [2, 3],
  attributes: { axis: int(1), block_size: int(0), output_dtype: int(0) },
  emit(c) {
    const x = c.input(0);
    c.expectType(x, "int8", "uint8", "int32");
    expectWhole(c, c.attributes);
    if (c.attributes.output_dtype > 1) c.unsupported("an output_dtype other than float");
    const { value, axes, axis, channels } = channelled(c, x, c.input(1), c.attributes.axis);
    const inputs: Record<string, Value> = {
      x: value,
      scale: scaleValue(c, 1, channels),
      zeroPoint: zeroPointValue(c, 2, x.type, channels),
    };
    c.output(0, c.emit(dequantize, inputs, { axis }).y!, { type: "float", axes, shape: x.shape });
  },
});
