/** ReduceMean, ArgMax, GlobalMaxPool and GlobalAveragePool: axes that become one number, wherever they lie in memory. */
import { argMax } from "../../ops/argMax.ts";
import { globalAvgPool2d } from "../../ops/globalAvgPool2d.ts";
import { maxPool2d } from "../../ops/maxPool2d.ts";
import { mean } from "../../ops/mean.ts";
import type { Value } from "../../ops/op.ts";
import { reshape } from "../../ops/reshape.ts";
import { numel } from "../../tensor/index.ts";
import { int, ints } from "../attributes.ts";
import type { Context } from "../context.ts";
import type { ElementType } from "../elements.ts";
import { channelsLast, inOrder, reshapeTo } from "../operand.ts";
import { operator } from "../operator.ts";

interface Reduction {
  /** ONNX's axes, from the front. */
  readonly axes: readonly number[];
  readonly keep: boolean;
  readonly type?: ElementType;
  /** Emits the op: over these axes of the value. */
  readonly make: (x: Value, axes: readonly number[]) => Value;
}

function reduced(c: Context, { axes, keep, type, make }: Reduction): void {
  const lying = c.lying(c.input(0));
  const y = make(
    lying.value,
    axes.map((a) => lying.axes.indexOf(a)),
  );
  // Of those that are left each moves to the front by the number of those that are gone before it.
  const left = lying.axes.filter((a) => !axes.includes(a)).map((a) => a - axes.filter((gone) => gone < a).length);
  c.output(0, y, { type, axes: keep ? lying.axes : left });
}

function reduceMean(c: Context, given: readonly number[] | undefined, whenNone: "all" | "same"): void {
  const x = c.input(0);
  c.expectType(x, "float");
  const rank = x.shape.length;
  const axes = (given ?? []).map((a) => c.axis(a, rank));
  if (axes.length === 0 && whenNone === "same") return c.alias(0, x);
  const keep = flag(c, "keepdims");
  const all = axes.length > 0 ? axes : inOrder(rank);
  if (all.length === 0) return c.alias(0, x);
  reduced(c, { axes: all, keep, make: (value, at) => c.emit(mean, { x: value }, { axes: at, keepDim: keep }).y! });
}

/** An attribute that is 0 or 1; of others the operators of PyTorch's exporter make 1. */
const flag = (c: Context, name: string): boolean => (c.attributes as Readonly<Record<string, unknown>>)[name] !== 0;

export const reductions = [
  operator({
    type: "ReduceMean",
    inputs: [1, 1],
    attributes: { axes: ints(), keepdims: int(1) },
    emit: (c) => reduceMean(c, c.attributes.axes, "all"),
  }),
  operator({
    type: "ReduceMean",
    since: 18,
    inputs: [1, 2],
    attributes: { keepdims: int(1), noop_with_empty_axes: int(0) },
    emit: (c) => reduceMean(c, c.optional(1) && c.knownNumbers(1), c.attributes.noop_with_empty_axes !== 0 ? "same" : "all"),
  }),
  operator({
    type: "ArgMax",
    inputs: [1, 1],
    attributes: { axis: int(0), keepdims: int(1), select_last_index: int(0) },
    emit(c) {
      const x = c.input(0);
      c.expectType(x, "float");
      const keepDim = flag(c, "keepdims");
      const selectLastIndex = flag(c, "select_last_index");
      reduced(c, {
        axes: [c.axis(c.attributes.axis, x.shape.length)],
        keep: keepDim,
        type: "int64",
        make: (value, [axis]) => c.emit(argMax, { x: value }, { axis, keepDim, selectLastIndex }).y!,
      });
    },
  }),
];

/** A pool over all pixels of images with any number of spatial axes, which dot4 gets as two. */
const globalPool = (type: string, emit: (c: Context, x: Value) => Value) =>
  operator({
    type,
    inputs: [1, 1],
    attributes: {},
    emit(c) {
      const x = c.input(0);
      c.expectType(x, "float");
      c.expectRank(x, 3, 6);
      const [n, channels, ...spatial] = x.shape;
      if (!spatial.every((d) => typeof d === "number")) return c.unsupported("images of symbolic sizes");
      const axes = channelsLast(x.shape.length);
      const [batch, pixels] = [reshapeTo([n!]), reshapeTo([channels!])];
      if (spatial.length === 2) return c.output(0, emit(c, c.image(x)), { axes });
      const rows = c.emit(reshape, { x: c.image(x) }, { shape: [...batch, 1, numel(spatial), ...pixels] }, "row").y!;
      c.output(0, c.emit(reshape, { x: emit(c, rows) }, { shape: [...batch, ...spatial.map(() => 1), ...pixels] }).y!, { axes });
    },
  });

export const globalPools = [
  globalPool("GlobalAveragePool", (c, x) => c.emit(globalAvgPool2d, { x }).y!),
  globalPool("GlobalMaxPool", (c, x) => {
    const kernel = c.typeOf(x).shape.slice(1, 3) as readonly number[];
    return c.emit(maxPool2d, { x }, { kernel, stride: [1, 1] }).y!;
  }),
];
