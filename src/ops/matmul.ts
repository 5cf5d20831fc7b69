/**
 * y = act(a b), matrices in the two last axes, leading axes broadcast as in PyTorch. a f32 [..., m, k], or [..., k, m] with
 * transposeA; b [..., k, n], or [..., n, k] with transposeB; y [..., m, n]. The reference sums in f64 and rounds once. The
 * gradients are products again, of a side with fewer leading axes summed over what it was spread over (sumToSize).
 */
import shader from "../../shaders/matmul.wgsl";
import { ShapeError } from "../errors.ts";
import { activate, activationCode, activationGrad, expectActivation } from "./activation.ts";
import { broadcastShape, broadcastStrides, mergeAxes } from "./broadcast.ts";
import { expectDType, expectFlag } from "./check.ts";
import { convolve, rowsTarget } from "./convolve.ts";
import { padded } from "./convolvePad.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { DeviceInfo, OpDef, Value, Variant } from "./op.ts";
import { reduceTo } from "./sumToSize.ts";
import { formatType, numel, sizes, type Dim, type Shape, type TensorType } from "../tensor/index.ts";

export type MatmulAttrs = { readonly activation: string; readonly transposeA: boolean; readonly transposeB: boolean };

/** Axes that the kernel walks: the matrices' and 4 in front. */
const MAX_RANK = 6;

/** Rows and columns of the matrices, after transposition, and the leading axes. */
const matricesOf = ({ shape }: TensorType, transpose: boolean) => {
  const [rows, columns] = (transpose ? [shape.at(-1), shape.at(-2)] : shape.slice(-2)) as [Dim, Dim];
  return { rows, columns, lead: shape.slice(0, -2) };
};

/** The shape of y. @throws ShapeError */
function productShape(where: string, a: TensorType, b: TensorType, { transposeA, transposeB }: MatmulAttrs): Shape {
  const got = `a ${formatType(a)}${transposeA ? " transposed" : ""}, b ${formatType(b)}${transposeB ? " transposed" : ""}`;
  const rank = Math.max(a.shape.length, b.shape.length);
  if (Math.min(a.shape.length, b.shape.length) < 2 || rank > MAX_RANK)
    throw new ShapeError({ code: "rank-mismatch", where, problem: "a and b must hold matrices", expected: `2 to ${MAX_RANK} axes`, got });
  const [left, right] = [matricesOf(a, transposeA), matricesOf(b, transposeB)];
  if (left.columns !== right.rows)
    throw new ShapeError({
      code: "shape-mismatch",
      where,
      problem: `a has ${left.columns} columns, b ${right.rows} rows`,
      expected: "a [..., m, k], b [..., k, n]",
      got,
    });
  const shape = [...broadcastShape(where, left.lead, right.lead), left.rows, right.columns];
  if (shape.slice(1).some((d) => typeof d !== "number"))
    throw new ShapeError({
      code: "symbolic-size",
      where,
      problem: "an axis that is not the leading one of the product is symbolic",
      expected: "numbers",
      got,
    });
  return shape;
}

export const matmul: OpDef<MatmulAttrs> = {
  name: "matmul",
  inputs: ["a", "b"],
  outputs: ["y"],
  quantization: "float",
  absorbsActivation: true,
  defaults: { activation: "none", transposeA: false, transposeB: false },

  infer({ a, b }, attrs, where) {
    expectDType(where, "a", a!, "f32");
    expectDType(where, "b", b!, "f32");
    expectActivation(where, attrs.activation);
    expectFlag(where, "transposeA", attrs.transposeA);
    expectFlag(where, "transposeB", attrs.transposeB);
    return { y: { dtype: "f32", shape: productShape(where, a!, b!, attrs) } };
  },

  reference(t, attrs) {
    const { shape, m, n, k, matrices, steps } = layoutOf(t.a!, t.b!, attrs);
    const [a, b, sums] = [f32Data(t.a), f32Data(t.b), f64Zeros(shape)];
    for (let matrix = 0; matrix < numel(shape.slice(0, -2)); matrix++) {
      let [rest, fromA, fromB] = [matrix, 0, 0];
      for (let axis = matrices.shape.length - 1; axis >= 0; axis--) {
        const i = rest % matrices.shape[axis]!;
        rest = Math.floor(rest / matrices.shape[axis]!);
        fromA += i * matrices.strides[0]![axis]!;
        fromB += i * matrices.strides[1]![axis]!;
      }
      for (let i = 0, to = matrix * m * n; i < m; i++)
        for (let j = 0; j < n; j++, to++) {
          let sum = 0;
          for (let l = 0; l < k; l++) sum += a[fromA + i * steps.aRow + l * steps.aStep]! * b[fromB + l * steps.bStep + j * steps.bColumn]!;
          sums[to] = sum;
        }
    }
    const y = rounded(shape, sums);
    activate(y.data, attrs.activation);
    return { y };
  },

  grad(g, { inputs, outputs, attrs }, grads): Readonly<Record<string, Value>> {
    if (!grads.y) return {};
    const { transposeA, transposeB } = attrs;
    const [a, b] = [inputs.a!, inputs.b!];
    const dy = activationGrad(g, attrs.activation, grads.y, outputs.y!);
    const times = (left: Value, right: Value, transposeA: boolean, transposeB: boolean): Value =>
      g.emit(matmul, { a: left, b: right }, { transposeA, transposeB }).y!;
    const da = transposeA ? times(b, dy, transposeB, true) : times(dy, b, false, !transposeB);
    const db = transposeB ? times(dy, a, true, transposeA) : times(a, dy, !transposeA, false);
    return { a: reduceTo(g, da, a), b: reduceTo(g, db, b) };
  },

  kernel({ a, b }, attrs, device) {
    const { shape, n, k, steps } = layoutOf(a!, b!, attrs);
    const rows = numel(shape.slice(0, -1));
    // One matrix b for all rows of a: a linear layer.
    if (attrs.transposeA || numel(b!.shape.slice(0, -2)) !== 1 || k === 0) return [blocks(a!, b!, attrs, device)];
    return convolve(
      {
        grid: padded("a", [rows, 1, 1, k], [0, 0, 0, 0], "grid", device),
        weight: "b",
        channels: { inChannels: k, outChannels: n, inStep: steps.bStep, outStep: steps.bColumn },
        targets: [rowsTarget(rows, n)],
        activation: activationCode(attrs.activation),
        output: "y",
      },
      device,
    );
  },
};

/** Sizes, and the steps in memory: from row to row and along the sum in a matrix, and from matrix to matrix of each side. */
function layoutOf(a: TensorType, b: TensorType, attrs: MatmulAttrs) {
  const shape = sizes(productShape("matmul", a, b, attrs));
  const { columns, lead } = matricesOf(a, attrs.transposeA);
  const [m, n, k] = [...shape.slice(-2), columns] as [number, number, number];
  const matrices = mergeAxes(shape.slice(0, -2), [
    broadcastStrides(sizes(lead), shape.slice(0, -2)).map((s) => s * m * k),
    broadcastStrides(sizes(b.shape.slice(0, -2)), shape.slice(0, -2)).map((s) => s * k * n),
  ]);
  const [aRow, aStep] = attrs.transposeA ? [1, m] : [k, 1];
  const [bStep, bColumn] = attrs.transposeB ? [1, k] : [n, 1];
  return { shape, m, n, k, matrices, steps: { aRow, aStep, bStep, bColumn } };
}

function blocks(a: TensorType, b: TensorType, attrs: MatmulAttrs, device: DeviceInfo): Variant {
  const { shape, m, n, k, matrices, steps } = layoutOf(a, b, attrs);
  const [down, across] = [ceilDiv(m, 4), ceilDiv(n, 4)];
  const threads = numel(shape.slice(0, -2)) * down * across;
  const [left, right] = matrices.strides as [readonly number[], readonly number[]];
  const params: Record<string, number> = { threads, m, n, k, down, across, ...steps, activation: activationCode(attrs.activation) };
  for (let i = 0; i < MAX_RANK - 2; i++) {
    const axis = i - MAX_RANK + 2 + matrices.shape.length;
    if (i > 0) params[`size${i}`] = matrices.shape[axis] ?? 1;
    params[`a${i}`] = left[axis] ?? 0;
    params[`b${i}`] = right[axis] ?? 0;
  }
  return { name: "4 x 4", calls: [{ shader, params, workgroups: dispatch1d(threads, 64, device) }] };
}
