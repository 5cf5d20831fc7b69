/** What softmaxCrossEntropy and its gradient share. */
import { ShapeError } from "../errors.ts";
import { expectDType, expectRank, expectShape, fixedDim } from "./check.ts";
import { f32Data, i32Data } from "./host.ts";
import type { Tensors, TensorType, Types } from "./op.ts";

export type CrossEntropyAttrs = {
  /** "mean", "sum" or "none": a loss for each row */
  readonly reduction: string;
  readonly labelSmoothing: number;
  readonly ignoreIndex: number;
};

export const crossEntropyDefaults: CrossEntropyAttrs = { reduction: "mean", labelSmoothing: 0, ignoreIndex: -100 };

/** The type of the loss. @throws ShapeError | DTypeError */
export function expectLoss({ logits, labels }: Types, attrs: CrossEntropyAttrs, where: string): TensorType {
  expectDType(where, "logits", logits!, "f32");
  expectDType(where, "labels", labels!, "i32");
  expectRank(where, "logits", logits!, 2, "[n, classes]");
  fixedDim(where, "logits", logits!, 1);
  expectShape(where, "labels", labels!, [logits!.shape[0]!], "must hold one class per row of logits");
  const fail = (problem: string, expected: string, got: string | number): never => {
    throw new ShapeError({ code: "bad-attribute", where, problem, expected, got: String(got) });
  };
  if (!["mean", "sum", "none"].includes(attrs.reduction)) fail("reduction is unknown", "mean, sum or none", attrs.reduction);
  if (!(attrs.labelSmoothing >= 0 && attrs.labelSmoothing <= 1)) fail("labelSmoothing is out of range", "0 to 1", attrs.labelSmoothing);
  if (!Number.isInteger(attrs.ignoreIndex)) fail("ignoreIndex must be a whole number", "a class or a negative number", attrs.ignoreIndex);
  return { dtype: "f32", shape: attrs.reduction === "none" ? labels!.shape : [1] };
}

/** The rows that count, each with its index, offset, label and maximum and log of the sum of exp(logit - maximum). */
export function countedRows(
  t: Tensors,
  { ignoreIndex }: CrossEntropyAttrs,
): { row: number; offset: number; label: number; max: number; logSum: number }[] {
  const [x, labels, classes] = [f32Data(t.logits), i32Data(t.labels), t.logits!.shape[1]!];
  const rows = [];
  for (let r = 0; r < labels.length; r++) {
    const [label, offset] = [labels[r]!, r * classes];
    if (label === ignoreIndex || label < 0 || label >= classes) continue;
    const values = x.subarray(offset, offset + classes);
    const max = values.reduce((m, v) => Math.max(m, v), -Infinity);
    rows.push({ row: r, offset, label, max, logSum: Math.log(values.reduce((s, v) => s + Math.exp(v - max), 0)) });
  }
  return rows;
}
