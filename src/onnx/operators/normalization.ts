/** BatchNormalization over channels, with stored statistics or with those of the batch; gamma and beta can be trained. */
import { add } from "../../ops/add.ts";
import { batchNorm2d } from "../../ops/batchNorm2d.ts";
import { mean } from "../../ops/mean.ts";
import { mul } from "../../ops/mul.ts";
import type { Value } from "../../ops/op.ts";
import { sub } from "../../ops/sub.ts";
import { scalar } from "../../tensor/index.ts";
import { float, int, ints } from "../attributes.ts";
import type { Context } from "../context.ts";
import { channelsLast, inOrder } from "../operand.ts";
import { operator } from "../operator.ts";

const common = { epsilon: float(1e-5), momentum: float(0.9) };

interface Settings {
  readonly epsilon: number;
  readonly momentum: number;
}

function normalize(c: Context, { epsilon: eps, momentum }: Settings, training = false): void {
  const x = c.input(0);
  c.expectType(x, "float");
  c.expectRank(x, 2, 6);
  const axes = channelsLast(x.shape.length);
  const value = c.value(x, axes);
  const [weight, bias] = [1, 2].map((i) => c.parameter(c.input(i)));
  const stored = [3, 4].map((i) => c.parameter(c.input(i), undefined, "buffer")) as [Value, Value];
  const [runningMean, runningVar] = training ? ofBatch(c, value) : stored;
  const attrs = { eps, momentum: 1 - momentum, training: false };
  c.output(0, c.emit(batchNorm2d, { x: value, weight, bias, runningMean, runningVar }, attrs, training ? "batch" : undefined).y!, { axes });
  if (!training) return;
  [runningMean, runningVar].forEach((batch, i) => {
    const part = (of: Value, by: number, name: string): Value =>
      c.emit(mul, { a: of, b: c.constant(scalar("f32", by), name) }, {}, `${name}.of`).y!;
    const y = c.emit(add, { a: part(stored[i]!, momentum, "momentum"), b: part(batch, 1 - momentum, "rest") }, {}, "running").y!;
    c.output(i + 1, y, { type: "float" });
  });
}

/** Mean and biased variance of each channel, the last axis. */
function ofBatch(c: Context, x: Value): readonly [Value, Value] {
  const axes = inOrder(c.typeOf(x).shape.length - 1);
  const average = c.emit(mean, { x }, { axes }, "mean").y!;
  const apart = c.emit(sub, { a: x, b: average }, {}, "apart").y!;
  return [average, c.emit(mean, { x: c.emit(mul, { a: apart, b: apart }, {}, "squares").y! }, { axes }, "variance").y!];
}

export const batchNormalizations = [
  operator({
    type: "BatchNormalization",
    inputs: [5, 5],
    attributes: { ...common, is_test: int(0), spatial: int(1), consumed_inputs: ints() },
    emit(c) {
      // Since version 7 of the operator set outputs beyond the first ask for training.
      if (c.attributes.spatial === 0) c.unsupported("BatchNormalization of each element");
      if (c.opset < 7 && c.attributes.is_test === 0) c.unsupported("BatchNormalization while training");
      normalize(c, c.attributes);
    },
  }),
  operator({
    type: "BatchNormalization",
    since: 14,
    inputs: [5, 5],
    outputs: 3,
    attributes: { ...common, training_mode: int(0) },
    emit: (c) => normalize(c, c.attributes, c.attributes.training_mode !== 0),
  }),
];
