/** Cast and CastLike, by dot4's cast, and wideCast from and to 64 bits. What is beyond a type keeps its lowest bits. */
import { cast, type CastTarget } from "../../ops/cast.ts";
import { wideCast } from "../../ops/wideCast.ts";
import { int, text } from "../attributes.ts";
import type { Context } from "../context.ts";
import { elementName, elementOf, wideOf, type ElementType } from "../elements.ts";
import { operator } from "../operator.ts";
import { numbersOf } from "../tensor.ts";
import { tensor } from "../../tensor/index.ts";

/** Of the types of up to 32 bits, and int64, which is computed in i32. */
export const castTargets: Partial<Readonly<Record<ElementType, CastTarget>>> = {
  float: "f32",
  float16: "f16",
  int32: "i32",
  int64: "i32",
  int16: "i16",
  int8: "i8",
  int4: "i4",
  uint32: "u32",
  uint16: "u16",
  uint8: "u8",
  uint4: "u4",
  bool: "bool",
};

function castTo(c: Context, type: ElementType | undefined, name: string): void {
  const x = c.input(0);
  if (type === undefined) return c.unsupported(`a cast to ${name}`);
  if (type === x.type) return c.alias(0, x);
  // PyTorch's exporter has constants of double, which may decide what is emitted.
  if (x.known && x.type === "double" && type === "float") return c.knownTensor(0, type, tensor("f32", x.known.shape, numbersOf(x.known)));
  const from = wideOf(x.type) ?? null;
  const wide = wideOf(type);
  const to = castTargets[type];
  c.elementwise((value) => {
    if (wide !== undefined || from !== null) return c.emit(wideCast, { x: value }, { from, to: wide ?? to }).y!;
    return c.emit(cast, { x: value }, { to }).y!;
  }, type);
}

export const casts = [
  operator({
    type: "Cast",
    since: 6,
    inputs: [1, 1],
    wide: true,
    attributes: { to: int(0), saturate: int(1), round_mode: text("up") },
    emit: (c) => castTo(c, elementOf(c.attributes.to)?.type, elementName(c.attributes.to)),
  }),
  operator({
    type: "CastLike",
    inputs: [2, 2],
    wide: true,
    attributes: { saturate: int(1), round_mode: text("up") },
    emit: (c) => castTo(c, c.input(1).type, c.input(1).type),
  }),
];
