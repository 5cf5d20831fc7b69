/**
 * QuantizeLinear and DequantizeLinear: dot4's quantize, in the form `divide`, and dequantize. One scale for all, for each channel
 * of an axis, or for each block of an axis. Integers of 4, 8 and 16 bits, which lie in i8, u8 and i32; int32 back to float.
 */
import { dequantize } from "../../ops/dequantize.ts";
import type { Value } from "../../ops/op.ts";
import { quantize } from "../../ops/quantize.ts";
import { int } from "../attributes.ts";
import { blocksOf } from "../blocks.ts";
import type { Context } from "../context.ts";
import { dtypeOf, elementOf, type ElementType } from "../elements.ts";
import { operator } from "../operator.ts";
import { inOrder, isReshaped } from "../operand.ts";
import { rangeOf, scaleValue, zeroPointValue, type Channels } from "../qparams.ts";

/** x as it lies, with the axis of its channels there, and what gives the result its shape back. */
interface Channelled {
  readonly value: Value;
  readonly axis: number | null;
  readonly of: Channels;
  readonly output: (y: Value, type: ElementType) => void;
}

interface Layout {
  readonly axis: number;
  readonly block_size: number;
}

/** The axis is null where there is one scale for all, which a scale without axes or of one element is, unless there is one channel. */
function channelled(c: Context, { axis, block_size: size }: Layout): Channelled {
  const [x, scale] = [c.input(0), c.input(1)];
  if (size !== 0) {
    const { value, channels, whole } = blocksOf(c, x, scale, c.axis(axis, x.shape.length), size);
    return { value, axis: 0, of: { channels, isBlocked: true }, output: (y, type) => c.output(0, whole(y), { type }) };
  }
  const one = scale.shape.length === 0 || scale.shape[0] === 1;
  const made = x.made && (one || !isReshaped(x)) ? x.made : { value: c.value(x), axes: inOrder(x.shape.length) };
  const output = (y: Value, type: ElementType): void => c.output(0, y, { type, axes: made.axes, shape: x.shape });
  if (one) return { value: made.value, axis: null, of: {}, output };
  const at = c.axis(axis, x.shape.length);
  const channels = x.shape[at];
  if (typeof channels !== "number") return c.unsupported("a scale for each element of a symbolic axis");
  return { value: made.value, axis: made.axes.indexOf(at), of: { channels }, output };
}

const small: readonly ElementType[] = ["int4", "uint4", "int8", "uint8", "int16", "uint16"];

/** The element type that QuantizeLinear makes: that of its zero point, or what `output_dtype` says. */
function quantizedType(c: Context, code: number): ElementType {
  const zero = c.optional(2)?.type;
  const asked = code === 0 ? undefined : elementOf(code)?.type;
  if (code !== 0 && asked === undefined) c.unsupported(`output_dtype ${code}`);
  if (zero && asked && zero !== asked) c.fail("dtype-mismatch", "output_dtype is not the type of the zero point", zero, asked);
  const type = zero ?? asked ?? "uint8";
  return small.includes(type) ? type : c.unsupported(`quantizing to ${type}`, small.join(", "));
}

const quantizeAttributes = { axis: int(1), block_size: int(0), output_dtype: int(0), precision: int(0), saturate: int(1) };

export const quantizeLinear = operator({
  type: "QuantizeLinear",
  inputs: [2, 3],
  attributes: quantizeAttributes,
  emit(c) {
    c.expectType(c.input(0), "float");
    if (c.attributes.precision > 1) c.unsupported("a precision other than float");
    const type = quantizedType(c, c.attributes.output_dtype);
    const { value, axis, of, output } = channelled(c, c.attributes);
    const inputs = { x: value, scale: scaleValue(c, 1, of), zeroPoint: zeroPointValue(c, 2, type, of) };
    const dtype = dtypeOf(type) as "i8" | "u8" | "i32";
    output(c.emit(quantize, inputs, { dtype, ...rangeOf(type), axis, rounding: "divide" }).y!, type);
  },
});

export const dequantizeLinear = operator({
  type: "DequantizeLinear",
  inputs: [2, 3],
  attributes: { axis: int(1), block_size: int(0), output_dtype: int(0) },
  emit(c) {
    const x = c.input(0);
    c.expectType(x, ...small, "int32");
    if (c.attributes.output_dtype > 1) c.unsupported("an output_dtype other than float");
    const { value, axis, of, output } = channelled(c, c.attributes);
    const inputs = { x: value, scale: scaleValue(c, 1, of), zeroPoint: zeroPointValue(c, 2, x.type, of) };
    output(c.emit(dequantize, inputs, { axis }).y!, "float");
  },
});
