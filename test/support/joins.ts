/** Cases of concat and qconcat: any axis, odd sizes. */
import type { Random } from "../../src/numerics/random.ts";
import type { OpDef } from "../../src/ops/op.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import type { OpCase, OpCases } from "./cases.ts";
import { CHANNELS } from "./quantized.ts";

type Make = (seed: number, shape: readonly number[]) => Tensor;

const inputsOf = (make: Make, shapes: readonly (readonly number[])[]): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(shapes.map((shape, i) => [`x${i}`, make(i, shape)]));

export function joinCases(
  op: OpDef,
  make: Make,
  /** What makes the tensors of one case: they are of one type. */
  random: (r: Random) => (shape: readonly number[]) => Tensor,
  own: readonly OpCase[],
): Pick<OpCases, "op" | "cases" | "random"> {
  const along = (name: string, axis: number, ...shapes: readonly (readonly number[])[]): OpCase => ({
    name,
    inputs: inputsOf(make, shapes),
    attrs: { axis },
  });
  return {
    op,
    cases: [
      ...own,
      along("one alone", 0, [2, 3]),
      along("channels of odd numbers, six inputs", -1, [2, 3, 3], [2, 3, 1], [2, 3, 5], [2, 3, 2], [2, 3, 7], [2, 3, 4]),
      along("channels of whole words", 3, [1, 2, 2, 4], [1, 2, 2, 8]),
      along("five inputs that fall into one word and the next", 1, [3, 1], [3, 1], [3, 1], [3, 1], [3, 1]),
      along("images one below the other", 1, [2, 3, 2, 5], [2, 1, 2, 5], [2, 2, 2, 5]),
      along("batches", 0, [3, 7], [2, 7]),
      along("an input of nothing", 1, [2, 3], [2, 0], [2, 2]),
      along("one axis", 0, [3], [33]),
    ],
    random(r) {
      const rank = r.int(1, 4);
      const axis = r.int(0, rank - 1);
      const shape = Array.from({ length: rank }, () => r.int(1, 7));
      if (r.int(0, 2) === 0) shape[rank - 1] = r.pick(CHANNELS);
      const size = (): number => (r.int(0, 3) === 0 ? r.pick(CHANNELS) : r.int(1, 9));
      const shapes = Array.from({ length: r.int(1, 6) }, () => shape.map((d, i) => (i === axis ? size() : d)));
      const one = random(r);
      return { name: "random", inputs: inputsOf((_, s) => one(s), shapes), attrs: { axis: r.int(0, 1) === 0 ? axis : axis - rank } };
    },
  };
}
