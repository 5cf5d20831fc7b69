import { int, text } from "../attributes.ts";
import { elementName, elementOf } from "../elements.ts";
import { operator } from "../operator.ts";
import { asF32 } from "../qparams.ts";

/** Whole numbers as float, and what changes nothing. */
export const cast = operator({
  type: "Cast",
  since: 6,
  inputs: [1, 1],
  attributes: { to: int(0), saturate: int(1), round_mode: text("up") },
  emit(c) {
    const x = c.input(0);
    const to = elementOf(c.attributes.to)?.type;
    if (to === x.type) c.alias(0, x);
    else if (to === "float") {
      c.expectType(x, "int8", "uint8", "int32", "int64", "bool");
      c.elementwise((value) => asF32(c, value), "float");
    } else c.unsupported(`a cast from ${x.type} to ${elementName(c.attributes.to)}`);
  },
});
