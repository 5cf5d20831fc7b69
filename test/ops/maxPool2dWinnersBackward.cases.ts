import { maxPool2dWinners } from "../../src/ops/maxPool2dWinners.ts";
import { maxPool2dWinnersBackward } from "../../src/ops/maxPool2dWinnersBackward.ts";
import type { Attrs } from "../../src/ops/op.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";
import { coarse, EXTREMES, narrowPool, numbered, RANDOM_CHANNELS } from "../support/pools.ts";

/** The gradient of a pool of x, for dy 1, 2, 3, ... unless given. */
function after(name: string, x: Tensor<"f32">, attrs: Attrs, dyOf = numbered): OpCase {
  const { y, winners } = maxPool2dWinners.reference({ x }, { ...maxPool2dWinners.defaults, ...attrs } as never);
  return { name, inputs: { dy: dyOf(y!.shape), winners: winners! }, attrs: { ...attrs, inputSize: x.shape.slice(1, 3) } };
}

export const maxPool2dWinnersBackwardCases: OpCases = {
  op: maxPool2dWinnersBackward,
  tolerance: { rtol: 1e-6, atol: 1e-6, why: "sums of a few gradients in f32 where windows overlap" },
  cases: [
    {
      ...after("the first maximum, row by row, takes it all", f32Tensor([1, 3, 3, 1], [1, 5, 5, 5, 0, 7, 7, 7, 2]), {
        kernel: [2, 2],
        stride: [1, 1],
      }),
      expected: { dx: f32Tensor([1, 3, 3, 1], [0, 1, 0, 0, 0, 6, 3, 0, 0]) },
    },
    after(
      "gradients that are not finite stay with their pixels",
      f32Tensor([1, 2, 5, 1], [3, 1, 2, 4, 0, 0, 9, 0, 0, 0]),
      { kernel: [2, 2], stride: [1, 1] },
      () => f32Tensor([1, 1, 4, 1], [NaN, -Infinity, Infinity, -0]),
    ),
    after("ties everywhere, a pixel in up to nine windows", coarse(fixed(10, 2, 6, 7, 8)), {
      kernel: [3, 3],
      stride: [1, 1],
      padding: [1, 1, 1, 1],
    }),
    after("three channels left over, 2 and 3 taps, 1 and 2 apart", coarse(fixed(11, 1, 8, 9, 7)), {
      kernel: [2, 3],
      stride: [1, 2],
      padding: [1, 0, 2, 1],
    }),
    after("3 and 2 taps, 2 and 1 apart, rows of winners that y does not have", coarse(fixed(12, 2, 7, 6, 5)), {
      kernel: [3, 2],
      stride: [2, 1],
      padding: [0, 0, 1, 1],
    }),
    after("more columns than a thread takes", coarse(fixed(13, 1, 5, 71, 4)), { kernel: [3, 3], stride: [2, 1], padding: [1, 1, 2, 2] }),
    after("rows and columns of no window get 0", fixed(14, 1, 8, 8, 2), { kernel: [3, 3], stride: [2, 2] }),
    after("NaN takes the gradient, the first one of two", EXTREMES, { kernel: [2, 2], stride: [1, 1], padding: [1, 0, 0, 1] }),
  ],
  random(r) {
    const { window, image } = narrowPool(r);
    const x = normal(r, [r.int(1, 3), ...image, r.pick(RANDOM_CHANNELS)]);
    return after("random", r.int(0, 1) === 0 ? x : coarse(x), { ...window }, (shape) => normal(r, shape));
  },
};
