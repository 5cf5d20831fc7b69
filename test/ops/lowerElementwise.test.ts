/** Integer forms of elementwise ops and concat: they compute what the float op does with the real values, to half a step. */
import { describe, expect, it } from "vitest";
import { GraphBuilder, type Graph } from "../../src/graph/index.ts";
import { clamp, dequantize, roundings, type Rounding } from "../../src/numerics/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { ops, type Attrs, type OpDef, type Qparams, type Tensors } from "../../src/ops/index.ts";
import { tensor, type Tensor } from "../../src/tensor/index.ts";
import { randomBytes } from "../support/requantized.ts";
import { qparamsOf } from "../support/tables.ts";

interface Side {
  readonly x: Tensor;
  readonly q: Qparams;
}

const side = (seed: number, q: Qparams, ...shape: number[]): Side => ({ x: randomBytes(new Random(seed), q.dtype, shape), q });

/** The node "node" of `op` in integers; the graph's output is y. */
function lowered(
  op: OpDef,
  sides: Readonly<Record<string, Side>>,
  y: Qparams,
  attrs: Attrs,
  rounding: Rounding,
): { graph: Graph; q: Qparams } {
  const b = new GraphBuilder();
  for (const [name, { x }] of Object.entries(sides)) b.input(name, { dtype: x.dtype, shape: x.shape });
  const names = Object.fromEntries(Object.keys(sides).map((name) => [name, name]));
  const result = op.lower!(
    b,
    { name: "node", inputs: names, outputs: { y: "node" }, attrs: { ...op.defaults, ...attrs } },
    {
      rounding,
      input: (name) => ({ value: name, qparams: sides[name]!.q }),
      weight: () => {
        throw new Error("has no weights");
      },
      constant: () => undefined,
      output: y,
    },
  );
  b.output("y", result.value);
  return { graph: b.build(), q: result.qparams };
}

function evaluate(graph: Graph, inputs: Tensors): Tensor {
  const values = new Map<string, Tensor>([...graph.constants, ...Object.entries(inputs)]);
  for (const { op, attrs, inputs: read, outputs: made } of graph.nodes) {
    const outputs = op.reference(Object.fromEntries(Object.entries(read).map(([k, v]) => [k, values.get(v)!])), attrs);
    for (const [k, v] of Object.entries(made)) values.set(v, outputs[k]!);
  }
  return values.get(graph.outputs.get("y")!)!;
}

/** Largest distance, in steps of y, of the integer form's result from the float op's, which is clamped to y's range. */
function distance(
  op: OpDef,
  sides: Readonly<Record<string, Side>>,
  output: Qparams,
  attrs: Attrs = {},
  rounding: Rounding = "singleHalfUp",
): number {
  const { graph, q } = lowered(op, sides, output, attrs, rounding);
  const y = evaluate(graph, Object.fromEntries(Object.entries(sides).map(([k, { x }]) => [k, x])));
  const reals = Object.fromEntries(
    Object.entries(sides).map(([k, { x, q }]) => [
      k,
      tensor(
        "f32",
        x.shape,
        Float32Array.from(x.data, (v) => dequantize(v, q.scale.data[0]!, q.zeroPoint.data[0]!)),
      ),
    ]),
  );
  const real = op.reference(reals, { ...op.defaults, ...attrs }).y!;
  expect([y.dtype, y.shape]).toEqual([q.dtype, real.shape]);
  const steps = Array.from(real.data, (v) => clamp(v / q.scale.data[0]! + q.zeroPoint.data[0]!, q.quantMin, q.quantMax));
  return Math.max(...steps.map((v, i) => Math.abs(v - y.data[i]!)));
}

const [wide, fine, coarse] = [qparamsOf("i8", 0.031, -7), qparamsOf("u8", 0.011, 131), qparamsOf("i8", 0.071, 20)];
// Half a step, and what the multipliers' own roundings and the double ones add.
const HALF = 0.5001;

describe.each(roundings)("rounding %s", (rounding) => {
  const slack = rounding.startsWith("double") ? 0.51 : HALF;

  it.each(["add", "sub", "mul"] as const)("%s, broadcast, i8 with u8, every activation", (name) => {
    for (const activation of ["none", "relu", "relu6"]) {
      const sides = { a: side(1, wide, 3, 5, 7), b: side(2, fine, 5, 1) };
      // The bound of a relu6 is itself rounded to a step.
      const allowed = activation === "relu6" ? 1 : slack;
      expect(distance(ops[name], sides, coarse, { activation }, rounding)).toBeLessThan(allowed);
      expect(distance(ops[name], { a: sides.b, b: sides.a }, fine, { activation }, rounding)).toBeLessThan(allowed);
    }
  });

  it("concat: inputs of other scales, zero points and types are requantized", () => {
    const sides = { x0: side(1, wide, 2, 3), x1: side(2, coarse, 2, 5), x2: side(3, fine, 2, 1) };
    expect(distance(ops.concat, sides, coarse, { axis: 1 }, rounding)).toBeLessThan(slack);
  });
});

it("concat: only inputs that differ from the output are requantized", () => {
  const sides = { x0: side(1, wide, 2, 3), x1: side(2, coarse, 2, 5), x2: side(3, qparamsOf("i8", 0.031, -6), 2, 1) };
  const { graph } = lowered(ops.concat, sides, wide, { axis: -1 }, "float");
  expect(graph.nodes.map((n) => [n.op.name, n.name])).toEqual([
    ["requantize", "node.x1"],
    ["requantize", "node.x2"],
    ["qconcat", "node"],
  ]);
});

describe("functions by table", () => {
  it.each(["sigmoid", "hardSigmoid", "hardSwish", "leakyRelu"] as const)("%s", (name) => {
    expect(distance(ops[name], { x: side(1, wide, 256) }, fine)).toBeLessThan(HALF);
    expect(distance(ops[name], { x: side(2, fine, 37, 7) }, wide)).toBeLessThan(HALF);
  });

  it("leakyRelu with a slope of its own, above 1 and below 0", () => {
    for (const negativeSlope of [3, -0.5])
      expect(distance(ops.leakyRelu, { x: side(1, wide, 256) }, coarse, { negativeSlope })).toBeLessThan(HALF);
  });
});

describe("clamps share scale and zero point with their input", () => {
  it("relu6, clamp with both bounds, with one, with none", () => {
    for (const q of [wide, fine, coarse]) {
      const sides = { x: side(1, q, 3, 7) };
      expect(distance(ops.relu, sides, q)).toBeLessThan(HALF);
      expect(distance(ops.relu6, sides, q)).toBeLessThan(HALF);
      for (const [min, max] of [
        [-0.3, 0.4],
        [null, 0.1],
        [0.05, null],
        [null, null],
        [-1e9, 1e9],
      ] as const)
        expect(distance(ops.clamp, sides, q, { min, max })).toBeLessThan(HALF);
      expect(lowered(ops.clamp, sides, coarse, { min: 0, max: 1 }, "float").q).toBe(q);
    }
  });

  it("the integer of a relu6's bound is the same whether it stands alone or is fused", () => {
    const q = qparamsOf("i8", 6 / 20.5, -100);
    const six = (rounding: Rounding): number =>
      lowered(ops.relu6, { x: side(1, q, 3) }, q, {}, rounding).graph.constants.get("node.six")!.data[0]!;
    expect([six("singleHalfUp"), six("doubleHalfAway")]).toEqual([-80, -79]);
  });
});
