import { Random } from "../../src/numerics/random.ts";
import { maxPool2d } from "../../src/ops/maxPool2d.ts";
import { tensor, type Tensor } from "../../src/tensor/index.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { apart, f32Tensor, fixed, normal } from "../support/float.ts";
import { largePool, narrowPool, randomPool, RANDOM_CHANNELS } from "../support/pools.ts";

/** -1, -0, 0 and now and then NaN: a maximum is a zero, of either sign. */
const zeros = (r: Random, shape: readonly number[]): Tensor<"f32"> => {
  const x = fixed(1, ...shape);
  return tensor(
    "f32",
    shape,
    x.data.map(() => (r.int(0, 40) === 0 ? NaN : r.pick([-1, -2, -0, -0, 0]))),
  );
};

/** -1, but for a -0 in the last column of the first row and a 0 below it. */
function lateZeros(width: number): Tensor<"f32"> {
  const x = new Float32Array(3 * width).fill(-1);
  x[width - 1] = -0;
  x[2 * width - 1] = 0;
  return tensor("f32", [1, 3, width, 1], x);
}

/** Windows that overlap, of 2 to 5 pixels a side. */
function overlapping(r: Random): OpCase {
  const axis = () => {
    const [kernel, stride] = [r.int(2, 5), r.int(1, 2)];
    const dilation = stride === 1 ? r.int(1, 3) : 1;
    const span = dilation * (kernel - 1) + 1;
    return {
      kernel,
      stride,
      dilation,
      before: r.int(0, span - 1),
      after: r.int(0, span - 1),
      size: r.int(0, 7) === 0 ? r.int(33, 90) : r.int(span, 19),
    };
  };
  const [y, x] = [axis(), axis()];
  return {
    name: "random",
    inputs: { x: (r.int(0, 1) === 0 ? zeros : normal)(r, [r.int(1, 2), y.size, x.size, r.pick([1, 3, 4, 5, 8])]) },
    attrs: {
      kernel: [y.kernel, x.kernel],
      stride: [y.stride, x.stride],
      dilation: [y.dilation, x.dilation],
      padding: [y.before, y.after, x.before, x.after],
      ceilMode: r.int(0, 1) === 1,
    },
  };
}

export const maxPool2dCases: OpCases = {
  op: maxPool2d,
  differentiable: ["x"],
  smooth: (c) => ({ ...c, inputs: { x: apart(new Random(3), c.inputs["x"]!.shape) } }),
  cases: [
    {
      name: "padding never wins, not even over -Infinity",
      inputs: { x: f32Tensor([1, 1, 2, 1], [-5, -Infinity]) },
      attrs: { kernel: [2, 2], stride: [1, 1], padding: [1, 0, 0, 1] },
      expected: { y: f32Tensor([1, 1, 2, 1], [-5, -Infinity]) },
    },
    {
      name: "NaN wins wherever it stands",
      inputs: { x: f32Tensor([1, 1, 6, 1], [NaN, 1, 1, NaN, Infinity, NaN]) },
      attrs: { kernel: [1, 2], stride: [1, 2] },
      expected: { y: f32Tensor([1, 1, 3, 1], [NaN, NaN, NaN]) },
    },
    {
      name: "of -0 and 0 the first is taken",
      inputs: { x: f32Tensor([1, 1, 4, 1], [-0, 0, 0, -0]) },
      attrs: { kernel: [1, 2], stride: [1, 2] },
      expected: { y: f32Tensor([1, 1, 2, 1], [-0, 0]) },
    },
    { name: "a row and a column left over, 5 channels", inputs: { x: fixed(1, 2, 7, 11, 5) }, attrs: { kernel: [2, 2], stride: [2, 2] } },
    {
      name: "overlapping windows, padding",
      inputs: { x: fixed(2, 2, 7, 5, 7) },
      attrs: { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] },
    },
    {
      name: "everything asymmetric",
      inputs: { x: fixed(3, 1, 8, 9, 3) },
      attrs: { kernel: [2, 3], stride: [1, 2], padding: [1, 0, 2, 1] },
    },
    { name: "stride larger than the kernel", inputs: { x: fixed(4, 2, 9, 8, 2) }, attrs: { kernel: [2, 1], stride: [3, 3] } },
    { name: "taps 2 and 3 apart", inputs: { x: fixed(6, 2, 7, 11, 5) }, attrs: { kernel: [3, 2], stride: [1, 2], dilation: [2, 3] } },
    {
      name: "a dilated window begins two taps before the image",
      inputs: { x: f32Tensor([1, 1, 5, 1], [1, 5, 2, 4, 3]) },
      attrs: { kernel: [1, 3], stride: [1, 1], padding: [0, 0, 4, 4], dilation: [1, 2] },
      expected: { y: f32Tensor([1, 1, 9, 1], [1, 5, 2, 5, 3, 5, 3, 4, 3]) },
    },
    {
      name: "ceilMode adds windows that stick out: 3, not 2",
      inputs: { x: f32Tensor([1, 1, 5, 1], [1, 2, 3, 4, -5]) },
      attrs: { kernel: [1, 2], stride: [1, 2], ceilMode: true },
      expected: { y: f32Tensor([1, 1, 3, 1], [2, 4, -5]) },
    },
    {
      name: "ceilMode drops a window that would begin in the padding behind",
      inputs: { x: f32Tensor([1, 1, 3, 1], [1, 2, 3]) },
      attrs: { kernel: [1, 2], stride: [1, 2], padding: [0, 0, 1, 1], ceilMode: true },
      expected: { y: f32Tensor([1, 1, 2, 1], [1, 3]) },
    },
    {
      name: "pairs with a rest, rounded up, 8 channels",
      inputs: { x: fixed(7, 1, 7, 5, 8) },
      attrs: { kernel: [2, 2], stride: [2, 2], ceilMode: true },
    },
    {
      name: "overlapping windows of whole vec4s",
      inputs: { x: fixed(8, 2, 7, 5, 8) },
      attrs: { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] },
    },
    {
      name: "zeros and NaN of both signs, infinities, overlapping windows",
      inputs: {
        x: f32Tensor(
          [1, 9, 5, 4],
          Array.from({ length: 180 }, (_, i) => [-0, 0, -0, -1, -Infinity, 0, -1, -0, -2][(i * 5 + (i >> 3)) % 9]!).map((v, i) =>
            i % 61 === 60 ? NaN : i === 100 ? Infinity : v,
          ),
        ),
      },
      attrs: { kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1] },
    },
    {
      name: "a negative NaN wins, overlapping windows",
      inputs: { x: tensor("f32", [1, 2, 3, 1], new Float32Array(Uint32Array.of(0, 1, 2, 0xffc00000, 3, 4).buffer)) },
      attrs: { kernel: [2, 2], stride: [1, 1] },
      expected: { y: f32Tensor([1, 1, 2, 1], [NaN, 5.605193857299268e-45]) },
    },
    {
      name: "more rows than a thread takes, 6 channels",
      inputs: { x: fixed(9, 1, 71, 5, 6) },
      attrs: { kernel: [3, 2], stride: [1, 2], padding: [2, 1, 1, 0] },
    },
    {
      name: "zeros of both signs, 5 x 5 and 4 x 4 pixels, taps 2 apart, more rows than a thread takes",
      inputs: { x: zeros(new Random(4), [2, 73, 11, 5]) },
      attrs: { kernel: [5, 4], stride: [1, 1], padding: [3, 4, 2, 1], dilation: [2, 2] },
    },
    {
      name: "zeros of both signs, 4 x 5 pixels by 2 and 1",
      inputs: { x: zeros(new Random(5), [1, 13, 7, 8]) },
      attrs: { kernel: [4, 5], stride: [2, 1], padding: [3, 3, 4, 1], ceilMode: true },
    },
    {
      name: "zeros of both signs, 2 x 5 pixels by 1 and 2",
      inputs: { x: zeros(new Random(6), [1, 5, 23, 3]) },
      attrs: { kernel: [2, 5], stride: [1, 2], padding: [1, 1, 4, 3] },
    },
    {
      name: "NaN of both signs, 3 x 5 pixels, 4 x 3 taps",
      inputs: {
        x: tensor(
          "f32",
          [1, 9, 11, 4],
          new Float32Array(
            Uint32Array.from({ length: 396 }, (_, i) => [0xff800000, 0xffc00001, 0x80000001, 0x7f800000, 0x7fa00001][i % 17] ?? i).buffer,
          ),
        ),
      },
      attrs: { kernel: [4, 3], stride: [1, 1], padding: [0, 1, 2, 0], dilation: [1, 2] },
    },
    {
      name: "zeros of both signs, 7 x 6 pixels: the first of a row, of the first row",
      inputs: { x: zeros(new Random(7), [2, 11, 13, 5]) },
      attrs: { kernel: [7, 6], stride: [1, 1], padding: [6, 2, 3, 4] },
    },
    {
      name: "zeros of both signs, 6 x 9 pixels by 2 and 1, rounded up",
      inputs: { x: zeros(new Random(8), [1, 14, 10, 4]) },
      attrs: { kernel: [6, 9], stride: [2, 1], padding: [1, 5, 8, 0], ceilMode: true },
    },
    {
      name: "NaN of both signs, 13 x 7 pixels by 1 and 2",
      inputs: {
        x: tensor(
          "f32",
          [1, 9, 11, 3],
          new Float32Array(
            Uint32Array.from({ length: 297 }, (_, i) => [0xff800000, 0xffc00001, 0x80000001, 0x7f800000, 0x7fa00001][i % 97] ?? i).buffer,
          ),
        ),
      },
      attrs: { kernel: [13, 7], stride: [1, 2], padding: [12, 6, 3, 3] },
    },
    {
      name: "a column of 8 pixels, zeros of both signs",
      inputs: { x: zeros(new Random(9), [1, 15, 3, 3]) },
      attrs: { kernel: [8, 1], stride: [2, 1], padding: [7, 1, 0, 0] },
    },
    ...[2, 3, 4, 5].flatMap((columns) =>
      [1, 2].map((stride) => ({
        name: `the only -0 in the last column of four, ${columns} columns by ${stride}`,
        inputs: { x: lateZeros(columns + 4 - stride) },
        attrs: { kernel: [3, columns], stride: [1, stride] },
      })),
    ),
    { name: "one window over all", inputs: { x: fixed(5, 3, 3, 5, 31) }, attrs: { kernel: [3, 5], stride: [1, 1] } },
  ],
  random(r): OpCase {
    if (r.int(0, 3) === 0) {
      const x = normal(r, [r.int(1, 3), r.int(2, 9), r.int(2, 9), 4 * r.int(1, 5)]);
      return { name: "random", inputs: { x }, attrs: { kernel: [2, 2], stride: [2, 2] } };
    }
    if (r.int(0, 2) === 0) return overlapping(r);
    const { window, image } = r.pick([() => randomPool(r, 9), narrowPool, largePool])(r);
    const x = normal(r, [r.int(1, 3), ...image, r.pick(RANDOM_CHANNELS)]);
    return { name: "random", inputs: { x }, attrs: { ...window } };
  },
};
