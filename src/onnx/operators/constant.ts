import { float, floats, int, ints, tensorOf } from "../attributes.ts";
import { operator } from "../operator.ts";
import { int64s } from "../tensor.ts";
import { tensor } from "../../tensor/index.ts";

export const constant = operator({
  type: "Constant",
  inputs: [0, 0],
  attributes: { value: tensorOf(), value_float: float(), value_floats: floats(), value_int: int(), value_ints: ints() },
  emit(c) {
    const { value, value_float: f, value_floats: fs, value_int: i, value_ints: is } = c.attributes;
    if (value) c.knownOutput(0, value);
    else if (f !== undefined) c.knownOutput(0, { type: "float", shape: [], data: Float32Array.of(f) });
    else if (fs) c.knownTensor(0, "float", tensor("f32", [fs.length], fs));
    else if (i !== undefined) c.knownOutput(0, { type: "int64", shape: [], data: Float64Array.of(i) });
    else if (is) c.knownOutput(0, { type: "int64", shape: [is.length], data: int64s(is, c.where) });
    else c.fail("missing-attribute", "has no value", "attribute value, value_float, value_floats, value_int or value_ints");
  },
});
