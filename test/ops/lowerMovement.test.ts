/** Ops that only move elements keep scale and zero point when they become integer ops, and move the same elements. */
import { expect, it } from "vitest";
import { GraphBuilder } from "../../src/graph/index.ts";
import { ops, type Attrs, type Lowering, type OpDef, type Qparams } from "../../src/ops/index.ts";
import { sizes, tensor } from "../../src/tensor/index.ts";
import { bytes } from "../support/bytes.ts";

const qparams: Qparams = {
  dtype: "u8",
  scale: tensor("f32", [1], [0.25]),
  zeroPoint: tensor("i32", [1], [7]),
  quantMin: 0,
  quantMax: 255,
};

const moving: readonly (readonly [op: OpDef, attrs: Attrs, integer: string])[] = [
  [ops.reshape, { shape: [0, -1, 2] }, "reshape"],
  [ops.transpose, { permutation: [0, 3, 1, 2] }, "transpose"],
  [ops.flatten, { startDim: 1, endDim: 2 }, "flatten"],
  [ops.unflatten, { dim: 3, sizes: [3, 2] }, "unflatten"],
  [ops.upsampleNearest2d, { scale: [3, 2] }, "qupsampleNearest2d"],
];

it.each(moving)("$0.name", (op, attrs, integer) => {
  const x = bytes("u8", 2, 3, 5, 6);
  const b = new GraphBuilder();
  b.input("x", x);
  const lowering: Lowering = {
    rounding: "singleHalfUp",
    input: (name) => ({ value: name, qparams }),
    weight: () => expect.unreachable(),
    constant: () => undefined,
    output: qparams,
  };
  const result = op.lower!(b, { name: "node", inputs: { x: "x.float" }, outputs: { y: "y.float" }, attrs }, lowering);
  expect(result).toEqual({ value: "node", qparams });
  b.output("y", result.value);
  const [node] = b.build().nodes;
  expect(node).toMatchObject({ name: "node", op: { name: integer }, inputs: { x: "x" } });
  const floats = op.reference({ x: tensor("f32", sizes(x.shape), Float32Array.from(x.data)) }, attrs).y!;
  const integers = node!.op.reference({ x }, node!.attrs).y!;
  expect([integers.dtype, integers.shape, [...integers.data]]).toEqual(["u8", floats.shape, [...floats.data]]);
});
