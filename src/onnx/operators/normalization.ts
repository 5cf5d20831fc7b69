import { batchNorm2d } from "../../ops/batchNorm2d.ts";
import { float, int } from "../attributes.ts";
import { channelsLast } from "../operand.ts";
import { operator } from "../operator.ts";

/** With stored statistics; gamma and beta can be trained. */
export const batchNormalization = operator({
  type: "BatchNormalization",
  since: 7,
  inputs: [5, 5],
  attributes: { epsilon: float(1e-5), momentum: float(0.9), training_mode: int(0) },
  emit(c) {
    const x = c.input(0);
    c.expectType(x, "float");
    if (c.attributes.training_mode !== 0) c.unsupported("training_mode");
    c.expectRank(x, 2, 6);
    const axes = channelsLast(x.shape.length);
    const [weight, bias] = [1, 2].map((i) => c.parameter(c.input(i)));
    const [runningMean, runningVar] = [3, 4].map((i) => c.parameter(c.input(i), undefined, "buffer"));
    const { epsilon: eps, momentum } = c.attributes;
    const attrs = { eps, momentum: 1 - momentum, training: false };
    c.output(0, c.emit(batchNorm2d, { x: c.value(x, axes), weight, bias, runningMean, runningVar }, attrs).y!, { axes });
  },
});
