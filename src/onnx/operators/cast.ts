/** Cast and CastLike: to every type that a graph can hold, by dot4's cast. What is beyond a type keeps its lowest bits. */
import { cast, type CastTarget } from "../../ops/cast.ts";
import { int, text } from "../attributes.ts";
import type { Context } from "../context.ts";
import { elementName, elementOf, type ElementType } from "../elements.ts";
import { operator } from "../operator.ts";

/** Types without one are computed in no graph. int64 is computed in i32. */
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
  // PyTorch's exporter has constants of double.
  if (x.known && x.type === "double" && type === "float")
    return c.knownOutput(0, { type, shape: x.known.shape, data: Float32Array.from(x.known.data) });
  const to = type && castTargets[type];
  if (type === undefined || to === undefined) return c.unsupported(`a cast to ${name}`);
  if (type === x.type) return c.alias(0, x);
  c.expectType(x, ...(Object.keys(castTargets) as ElementType[]));
  c.elementwise((value) => c.emit(cast, { x: value }, { to }).y!, type);
}

export const casts = [
  operator({
    type: "Cast",
    since: 6,
    inputs: [1, 1],
    attributes: { to: int(0), saturate: int(1), round_mode: text("up") },
    emit: (c) => castTo(c, elementOf(c.attributes.to)?.type, elementName(c.attributes.to)),
  }),
  operator({
    type: "CastLike",
    inputs: [2, 2],
    attributes: { saturate: int(1), round_mode: text("up") },
    emit: (c) => castTo(c, c.input(1).type, c.input(1).type),
  }),
];
