/** Dropout of a trained net: nothing is dropped. */
import { filled, numel, sizes } from "../../tensor/index.ts";
import { float, int, ints } from "../attributes.ts";
import type { Context } from "../context.ts";
import { operator } from "../operator.ts";

/** y is x, and a mask, where it is asked for, all true; before version 10 of the operator set it is of x's type. */
function keepAll(c: Context): void {
  const x = c.input(0);
  c.alias(0, x);
  if (!c.node.outputs[1]) return;
  if (!x.shape.every((d) => typeof d === "number")) c.unsupported("a mask of symbolic size");
  if (c.opset < 10) c.expectType(x, "float");
  c.expectTable(numel(x.shape));
  const [type, dtype] = c.opset < 10 ? (["float", "f32"] as const) : (["bool", "u8"] as const);
  c.knownTensor(
    1,
    type,
    filled(dtype, sizes(x.shape), () => 1),
  );
}

export const dropouts = [
  operator({
    type: "Dropout",
    inputs: [1, 1],
    wide: true,
    outputs: 2,
    attributes: { ratio: float(0.5), is_test: int(1), consumed_inputs: ints() },
    emit(c) {
      if (c.opset < 7 && c.attributes.is_test === 0) c.unsupported("Dropout while training");
      keepAll(c);
    },
  }),
  operator({
    type: "Dropout",
    since: 12,
    inputs: [1, 3],
    wide: true,
    outputs: 2,
    attributes: { seed: int() },
    emit(c) {
      const isTraining = c.optional(2) !== undefined && c.knownNumbers(2)[0] !== 0;
      // A ratio of 0 drops nothing either.
      if (isTraining && (c.optional(1) === undefined || c.knownNumbers(1)[0] !== 0)) c.unsupported("Dropout while training");
      keepAll(c);
    },
  }),
];
