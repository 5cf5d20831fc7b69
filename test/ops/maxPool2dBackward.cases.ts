import { maxPool2d } from "../../src/ops/maxPool2d.ts";
import { maxPool2dBackward } from "../../src/ops/maxPool2dBackward.ts";
import type { Attrs } from "../../src/ops/op.ts";
import { sizes, type Tensor } from "../../src/tensor/index.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";
import { coarse, EXTREMES, largePool, narrowPool, numbered, randomPool, RANDOM_CHANNELS } from "../support/pools.ts";

const shapeOf = (x: Tensor, attrs: Attrs): readonly number[] =>
  sizes(maxPool2d.reference({ x }, { ...maxPool2d.defaults, ...attrs } as never)["y"]!.shape);

/** dy 1, 2, 3, ... for x and attributes. */
function counted(name: string, x: Tensor<"f32">, attrs: Attrs): OpCase {
  return { name, inputs: { dy: numbered(shapeOf(x, attrs)), x }, attrs };
}

export const maxPool2dBackwardCases: OpCases = {
  op: maxPool2dBackward,
  tolerance: { rtol: 1e-6, atol: 1e-6, why: "sums of a few gradients in f32 where windows overlap" },
  cases: [
    {
      name: "ties: the first maximum, row by row, takes it all",
      inputs: { dy: f32Tensor([1, 1, 1, 1], [7]), x: f32Tensor([1, 2, 2, 1], [1, 3, 3, 3]) },
      attrs: { kernel: [2, 2], stride: [2, 2] },
      expected: { dx: f32Tensor([1, 2, 2, 1], [0, 7, 0, 0]) },
    },
    {
      name: "overlapping windows add up",
      inputs: { dy: f32Tensor([1, 1, 2, 1], [1, 10]), x: f32Tensor([1, 1, 3, 1], [1, 5, 2]) },
      attrs: { kernel: [1, 2], stride: [1, 1] },
      expected: { dx: f32Tensor([1, 1, 3, 1], [0, 11, 0]) },
    },
    {
      name: "-0 and 0 tie, NaN takes the gradient, the first one of two",
      inputs: { dy: f32Tensor([1, 1, 3, 1], [1, 2, 3]), x: f32Tensor([1, 1, 6, 1], [-0, 0, 1, NaN, NaN, NaN]) },
      attrs: { kernel: [1, 2], stride: [1, 2] },
      expected: { dx: f32Tensor([1, 1, 6, 1], [1, 0, 0, 2, 3, 0]) },
    },
    {
      name: "rows and columns of no window get 0",
      inputs: { dy: f32Tensor([1, 1, 1, 1], [5]), x: f32Tensor([1, 3, 3, 1], [1, 2, 9, 3, 4, 9, 9, 9, 9]) },
      attrs: { kernel: [2, 2], stride: [2, 2] },
      expected: { dx: f32Tensor([1, 3, 3, 1], [0, 0, 0, 0, 5, 0, 0, 0, 0]) },
    },
    counted("ties everywhere, a row and a column left over", coarse(fixed(1, 2, 7, 11, 5)), { kernel: [2, 2], stride: [2, 2] }),
    counted("ties everywhere, overlapping, padded", coarse(fixed(2, 2, 7, 5, 7)), {
      kernel: [3, 3],
      stride: [2, 2],
      padding: [1, 1, 1, 1],
    }),
    counted("ties everywhere, 2 x 2 without loops", coarse(fixed(5, 3, 6, 10, 12)), { kernel: [2, 2], stride: [2, 2] }),
    counted(
      "NaN, zeros and infinities tie, 2 x 2 without loops",
      f32Tensor([1, 2, 2, 4], [NaN, -0, -Infinity, 1, NaN, 0, -Infinity, 2, 5, 0, -Infinity, NaN, 6, -0, -Infinity, NaN]),
      { kernel: [2, 2], stride: [2, 2] },
    ),
    counted("ties everywhere, a pixel in up to nine windows", coarse(fixed(10, 2, 6, 7, 8)), {
      kernel: [3, 3],
      stride: [1, 1],
      padding: [1, 1, 1, 1],
    }),
    counted("ties everywhere, 2 and 3 taps, 1 and 2 apart", coarse(fixed(11, 1, 8, 9, 3)), {
      kernel: [2, 3],
      stride: [1, 2],
      padding: [1, 0, 2, 1],
    }),
    counted("more rows than a thread takes, overlapping", coarse(fixed(12, 1, 71, 5, 5)), {
      kernel: [3, 2],
      stride: [1, 1],
      padding: [2, 2, 1, 1],
    }),
    counted("NaN of both signs, zeros and infinities tie where windows overlap", EXTREMES, {
      kernel: [2, 2],
      stride: [1, 1],
      padding: [1, 0, 0, 1],
    }),
    counted("ties everywhere, larger windows that overlap", coarse(fixed(13, 2, 11, 9, 8)), {
      kernel: [5, 7],
      stride: [1, 2],
      padding: [2, 1, 3, 4],
      ceilMode: true,
    }),
    counted("NaN of both signs, zeros and infinities in larger windows, before which there is padding", EXTREMES, {
      kernel: [4, 3],
      stride: [1, 1],
      padding: [3, 2, 2, 1],
    }),
    counted("-Infinity alone in larger windows, before which there is padding", f32Tensor([1, 2, 3, 1], Array<number>(6).fill(-Infinity)), {
      kernel: [4, 3],
      stride: [1, 1],
      padding: [3, 3, 2, 2],
    }),
    counted("places are told apart across 256 pixels", coarse(fixed(14, 1, 2, 300, 4)), {
      kernel: [2, 253],
      stride: [1, 1],
      padding: [0, 1, 130, 0],
    }),
    counted("windows too long for places of a byte", coarse(fixed(15, 1, 1, 300, 3)), {
      kernel: [1, 127],
      stride: [1, 1],
      dilation: [1, 2],
    }),
    counted("padding cuts the first cell", fixed(3, 2, 7, 8, 3), { kernel: [3, 3], stride: [3, 3], padding: [1, 2, 2, 0] }),
    counted("ties everywhere, taps 2 apart, overlapping", coarse(fixed(6, 2, 8, 7, 5)), {
      kernel: [2, 3],
      stride: [1, 2],
      padding: [1, 1, 2, 0],
      dilation: [2, 2],
    }),
    counted("taps 2 apart in cells of their own", coarse(fixed(7, 1, 9, 11, 3)), {
      kernel: [2, 2],
      stride: [4, 3],
      padding: [1, 0, 0, 1],
      dilation: [3, 2],
    }),
    counted("windows that stick out", coarse(fixed(8, 2, 7, 5, 4)), {
      kernel: [3, 3],
      stride: [3, 3],
      padding: [1, 1, 1, 1],
      ceilMode: true,
    }),
    counted("2 x 2 with a rest, rounded up", coarse(fixed(9, 2, 7, 5, 4)), { kernel: [2, 2], stride: [2, 2], ceilMode: true }),
    counted("stride larger than the kernel", fixed(4, 2, 9, 8, 2), { kernel: [2, 1], stride: [3, 3] }),
    counted("-Infinity alone is a maximum too", f32Tensor([1, 2, 2, 1], [-Infinity, -Infinity, -Infinity, -Infinity]), {
      kernel: [2, 2],
      stride: [2, 2],
    }),
  ],
  random(r) {
    if (r.int(0, 3) === 0) {
      const attrs = { kernel: [2, 2], stride: [2, 2] };
      const x = coarse(normal(r, [r.int(1, 3), 2 * r.int(1, 5), 2 * r.int(1, 5), 4 * r.int(1, 5)]));
      return { name: "random", inputs: { dy: normal(r, shapeOf(x, attrs)), x }, attrs };
    }
    const { window: attrs, image } = r.pick([() => randomPool(r, 9), () => narrowPool(r), () => largePool(r)])();
    const x = normal(r, [r.int(1, 3), ...image, r.pick(RANDOM_CHANNELS)]);
    return {
      name: "random",
      inputs: { dy: normal(r, shapeOf(x, { ...attrs })), x: r.int(0, 1) === 0 ? x : coarse(x) },
      attrs: { ...attrs },
    };
  },
};
