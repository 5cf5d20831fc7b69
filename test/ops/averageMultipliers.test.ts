/** Averages as conversion makes them divide exactly: of scales that are alike, every tie is one, under every rounding. */
import { expect, it } from "vitest";
import { cpu } from "../../src/backend/cpu/index.ts";
import { GraphBuilder } from "../../src/graph/index.ts";
import { roundings, type Rounding } from "../../src/numerics/index.ts";
import { ops, type Attrs, type OpDef } from "../../src/ops/index.ts";
import { tensor } from "../../src/tensor/index.ts";
import { emitLowered } from "../support/lowered.ts";

const averages: readonly (readonly [op: OpDef, attrs: Attrs])[] = [
  [ops.avgPool2d, { kernel: [1, 4], stride: [1, 4] }],
  [ops.avgPool2d, { kernel: [1, 4], stride: [1, 4], padding: [0, 0, 1, 1], countIncludePad: false }],
  [ops.globalAvgPool2d, {}],
  [ops.adaptiveAvgPool2d, { outputSize: [1, 1] }],
  [ops.mean, { axes: [1, 2], keepDim: true }],
];
/** Sums of 4 pixels, or of 3: 2.5, -2.5, 0.5, -0.5, 1.5 and -1.5 where there are 4. */
const sums = [10, -10, 2, -2, 6, -6];
const halves: Readonly<Record<Rounding, readonly number[]>> = {
  singleHalfUp: [3, -2, 1, 0, 2, -1],
  singleHalfAway: [3, -3, 1, -1, 2, -2],
  doubleHalfAway: [3, -3, 1, -1, 2, -2],
  doubleHalfUp: [3, -2, 1, 0, 2, -1],
  float: [2, -2, 0, 0, 2, -2],
  floatBias: [2, -2, 0, 0, 2, -2],
};

it.each(averages.flatMap(([op, attrs]) => roundings.map((rounding) => [op.name, rounding, op, attrs] as const)))(
  "%s, %s",
  async (_name, rounding, op, attrs) => {
    // With a pixel of padding that does not count, a window holds 3 pixels.
    const padded = attrs.padding !== undefined;
    for (const scale of [1, 0.3]) {
      const as = { dtype: "i8", scale: Math.fround(scale), zeroPoint: 5 } as const;
      const b = new GraphBuilder();
      const pixels = Array.from({ length: 4 }, (_, i) => sums.map((s) => 5 + (padded ? [1, 1, 1, 0][i]! * s : i === 0 ? s : 0))).flat();
      const x = tensor("i8", [1, 1, 4, sums.length], pixels);
      const value = b.input("x", x);
      b.output("y", emitLowered(b, op, { name: "node", inputs: { x: { value, as } }, y: { ...as, zeroPoint: -7 }, attrs, rounding }));
      using run = await cpu().compile(b.build());
      const y = Array.from((await run({ x })).y!.data, (q) => q + 7);
      expect(y.slice(0, sums.length), `scale ${scale}`).toEqual(padded ? sums : halves[rounding]);
    }
  },
);
