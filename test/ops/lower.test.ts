/** The integer forms that convolution, linear, add, relu and max pool emit. */
import { describe, expect, it } from "vitest";
import { QuantizationError } from "../../src/errors.ts";
import { GraphBuilder, type Graph } from "../../src/graph/index.ts";
import { lowerAdd } from "../../src/ops/qadd.ts";
import { lowerConv2d } from "../../src/ops/qconv2d.ts";
import { lowerLinear } from "../../src/ops/qlinear.ts";
import { lowerMaxPool2d } from "../../src/ops/qmaxPool2d.ts";
import { lowerRelu } from "../../src/ops/qrelu.ts";
import { roundings } from "../../src/numerics/index.ts";
import type { Attrs, Emitter, Lowering, NodeView, Qparams, Quantized, Rounding, Tensors } from "../../src/ops/op.ts";
import { i8, tensor, type Shape, type Tensor } from "../../src/tensor/index.ts";
import { made, unsigned } from "../support/quantized.ts";

const qparams = (scale: number | readonly number[], zeroPoint = 0, dtype: "i8" | "u8" = "i8"): Qparams => {
  const scales = typeof scale === "number" ? [scale] : scale;
  return {
    dtype,
    scale: tensor("f32", [scales.length], scales),
    zeroPoint: tensor("i32", [scales.length], Array<number>(scales.length).fill(zeroPoint)),
    ...(dtype === "i8" ? { quantMin: -128, quantMax: 127 } : { quantMin: 0, quantMax: 255 }),
  };
};

interface Setup {
  readonly inputs: Readonly<Record<string, { readonly shape: Shape; readonly q: Qparams }>>;
  readonly weight?: { readonly tensor: Tensor<"i8"> | Tensor<"u8">; readonly qparams: Qparams };
  readonly rounding?: Rounding;
  readonly bias?: readonly number[];
  readonly output?: Qparams;
  readonly attrs?: Attrs;
}

type Lower = (b: Emitter, node: NodeView, q: Lowering) => Quantized;

/** Lowers one node named "node" whose inputs are graph inputs; the graph's output is y. */
function lowered(
  lower: Lower,
  { inputs, weight, bias, output, attrs = {}, rounding = "singleHalfUp" }: Setup,
): { graph: Graph; result: Quantized } {
  const b = new GraphBuilder();
  for (const [name, { shape }] of Object.entries(inputs)) b.input(name, i8(shape));
  const q: Lowering = {
    rounding,
    input: (name) => ({ value: name, qparams: inputs[name]!.q }),
    weight: () => weight!,
    constant: () => bias && tensor("f32", [bias.length], bias),
    output: output ?? Object.values(inputs)[0]!.q,
  };
  const result = lower(b, { name: "node", inputs: {}, outputs: { y: "node" }, attrs }, q);
  b.output("y", result.value);
  return { graph: b.build(), result };
}

function evaluate(graph: Graph, inputs: Tensors): Tensor {
  const values = new Map<string, Tensor>([...graph.constants, ...Object.entries(inputs)]);
  for (const node of graph.nodes) {
    const outputs = node.op.reference(Object.fromEntries(Object.entries(node.inputs).map(([k, v]) => [k, values.get(v)!])), node.attrs);
    for (const [k, v] of Object.entries(node.outputs)) values.set(v, outputs[k]!);
  }
  return values.get(graph.outputs.get("y")!)!;
}

const conv = { stride: [1, 1], padding: [0, 0, 0, 0], activation: "none" };

describe("integer forms", () => {
  it("a convolution computes what its scales say, channel by channel", () => {
    const x = made([1, 3, 4, 3], (i) => ((i * 91) % 256) - 128);
    const w = made([5, 2, 2, 3], (i) => ((i * 37) % 255) - 127);
    const [sx, sw, sy, zx, zy] = [0.02, [0.01, 0.002, 0.03, 0.01, 0.007], 0.3, -7, 11];
    const bias = [0.5, -1, 0, 3, -0.25];
    const { graph, result } = lowered(lowerConv2d, {
      inputs: { x: { shape: ["n", 3, 4, 3], q: qparams(sx, zx) } },
      weight: { tensor: w, qparams: qparams(sw) },
      bias,
      output: qparams(sy, zy),
      attrs: { ...conv, activation: "relu" },
    });
    expect(result.qparams.zeroPoint.data[0]).toBe(zy);
    const y = evaluate(graph, { x });
    expect(y.shape).toEqual([1, 2, 3, 5]);
    for (let i = 0; i < y.data.length; i++) {
      const [o, ox, oy] = [i % 5, Math.floor(i / 5) % 3, Math.floor(i / 15)];
      let real = bias[o]!;
      for (let ky = 0; ky < 2; ky++)
        for (let kx = 0; kx < 2; kx++)
          for (let c = 0; c < 3; c++)
            real += sx * (x.data[((oy + ky) * 4 + ox + kx) * 3 + c]! - zx) * sw[o]! * w.data[((o * 2 + ky) * 2 + kx) * 3 + c]!;
      // Half a step of y, and half a step of the rounded bias.
      const steps = Math.min(127, Math.max(0, real) / sy + zy);
      expect(Math.abs(y.data[i]! - steps)).toBeLessThan(0.5 + (sx * sw[o]!) / sy);
    }
  });

  it.each(roundings)("groups, dilation, u8 and weights with zero points: %s", (rounding) => {
    const x = unsigned(made([1, 4, 5, 6], (i) => ((i * 91) % 256) - 128));
    const w = unsigned(made([4, 2, 2, 3], (i) => ((i * 37) % 256) - 128));
    const [sx, sw, sy, zx, zw, zy] = [0.02, [0.01, 0.002, 0.03, 0.01], 0.3, 200, [128, 0, 255, 99], 7];
    const bias = [0.5, -1, 0, 3];
    const { graph } = lowered(lowerConv2d, {
      inputs: { x: { shape: ["n", 4, 5, 6], q: qparams(sx, zx, "u8") } },
      weight: { tensor: w, qparams: { ...qparams(sw, 0, "u8"), zeroPoint: tensor("i32", [4], zw) } },
      bias,
      output: qparams(sy, zy, "u8"),
      attrs: { ...conv, dilation: [2, 3], groups: 2 },
      rounding,
    });
    const y = evaluate(graph, { x });
    expect([y.dtype, y.shape]).toEqual(["u8", [1, 2, 2, 4]]);
    for (let i = 0; i < y.data.length; i++) {
      const [o, ox, oy] = [i % 4, (i >> 2) % 2, i >> 3];
      let real = bias[o]!;
      for (let k = 0; k < 12; k++) {
        const [ky, kx, c] = [Math.floor(k / 6), Math.floor(k / 3) % 2, k % 3];
        const q = x.data[((oy + 2 * ky) * 5 + ox + 3 * kx) * 6 + (o >> 1) * 3 + c]!;
        real += sx * (q - zx) * sw[o]! * (w.data[o * 12 + k]! - zw[o]!);
      }
      const steps = Math.min(255, Math.max(0, real / sy + zy));
      // Rounding twice is off by half of a finer step, too.
      expect(Math.abs(y.data[i]! - steps)).toBeLessThan((rounding.startsWith("double") ? 0.51 : 0.501) + (sx * sw[o]!) / sy);
    }
  });

  it("weights that are u8 around 128 are symmetric; without a zero point there is none to subtract", () => {
    const inputs = { x: { shape: ["n", 2], q: qparams(1) } };
    const names = (zeroPoint: number): readonly string[] => {
      const weight = { tensor: tensor("u8", [1, 2], [128, 129]), qparams: qparams(1, zeroPoint, "u8") };
      return Object.keys(lowered(lowerLinear, { inputs, weight, attrs: { activation: "none" } }).graph.nodes.at(-1)!.inputs);
    };
    expect(names(128)).not.toContain("weightZeroPoint");
    expect(names(127)).toContain("weightZeroPoint");
  });

  it("floatBias keeps the bias as it is, in steps of the accumulator; float rounds it", () => {
    const setup = {
      inputs: { x: { shape: ["n", 1], q: qparams(0.5) } },
      weight: { tensor: tensor("i8", [1, 1], [1]), qparams: qparams(0.5) },
      bias: [0.35],
      attrs: { activation: "none" },
    };
    const biasOf = (rounding: Rounding): unknown => lowered(lowerLinear, { ...setup, rounding }).graph.constants.get("node.bias");
    expect(biasOf("floatBias")).toEqual(tensor("f32", [1], [Math.fround(Math.fround(0.35) / 0.25)]));
    expect(biasOf("float")).toEqual(tensor("i32", [1], [1]));
  });

  it("floatBias: the bias is in no accumulator, so it may be beyond i32, and beside sums that nearly are", () => {
    const weight = { tensor: tensor("u8", [1, 33000], new Uint8Array(33000).fill(255)), qparams: qparams(1, 0, "u8") };
    const { graph } = lowered(lowerLinear, {
      inputs: { x: { shape: ["n", 33000], q: qparams(1, 0, "u8") } },
      weight,
      bias: [3e9],
      output: qparams(2 ** 26),
      attrs: { activation: "none" },
      rounding: "floatBias",
    });
    expect(graph.constants.get("node.bias")!.data[0]).toBe(3e9);
    // 33000 * 255 * 255 + 3e9 in steps of 2^26
    expect([...evaluate(graph, { x: tensor("u8", [1, 33000], new Uint8Array(33000).fill(255)) }).data]).toEqual([77]);
  });

  it.each<[Rounding, number]>([
    ["singleHalfUp", 4],
    ["singleHalfAway", 5],
    ["doubleHalfAway", 5],
    ["float", 4],
  ])("a relu6 is a relu up to the integer of 6: %s", (rounding, six) => {
    // 6 / 2.4 is a tie, as f32
    const { graph } = lowered(lowerLinear, {
      inputs: { x: { shape: ["n", 1], q: qparams(1) } },
      weight: { tensor: tensor("i8", [1, 1], [1]), qparams: qparams(1) },
      output: qparams(12 / 5, 2),
      attrs: { activation: "relu6" },
      rounding,
    });
    expect(graph.nodes.at(-1)!.attrs).toMatchObject({ activation: "relu", quantMax: six, rounding });
  });

  it("a linear layer without bias, weights per tensor", () => {
    const { graph } = lowered(lowerLinear, {
      inputs: { x: { shape: ["n", 2], q: qparams(0.5, 1) } },
      weight: { tensor: tensor("i8", [3, 2], [1, 2, -3, 4, 0, 127]), qparams: qparams(0.25) },
      output: qparams(0.125, -5),
      attrs: { activation: "none" },
    });
    // (q - 1) * w * 0.125 in steps of 0.125
    expect([...evaluate(graph, { x: tensor("i8", [1, 2], [5, 4]) }).data]).toEqual([4 + 6 - 5, -12 + 12 - 5, 127]);
  });

  it("an add, a relu and a max pool", () => {
    const a = { shape: [1, 2, 2, 1], q: qparams(0.5, 3) };
    const add = lowered(lowerAdd, {
      inputs: { a, b: { shape: a.shape, q: qparams(0.25, -4) } },
      output: qparams(1, 2),
      attrs: { activation: "relu" },
    });
    const [x, y] = [tensor("i8", [1, 2, 2, 1], [3, 5, 127, -128]), tensor("i8", [1, 2, 2, 1], [-4, 0, 127, 100])];
    // 0 + 0, 1 + 1, 62 + 32.75, -65.5 + 26
    expect([...evaluate(add.graph, { a: x, b: y }).data]).toEqual([2, 4, 97, 2]);
    const relu = lowered(lowerRelu, { inputs: { x: a } });
    expect([...evaluate(relu.graph, { x }).data]).toEqual([3, 5, 127, 3]);
    const pool = lowered(lowerMaxPool2d, { inputs: { x: a }, attrs: { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] } });
    expect([...evaluate(pool.graph, { x }).data]).toEqual([127]);
    expect([relu.result.qparams, pool.result.qparams]).toEqual([a.q, a.q]);
  });
});

describe("what has no integer form is refused, naming the node", () => {
  const weight = { tensor: made([2, 1, 1, 4], () => 1), qparams: qparams([1, 1]) };
  const base = { inputs: { x: { shape: ["n", 1, 1, 4], q: qparams(1) } }, weight, output: qparams(1), attrs: conv };
  const refusal = (setup: Setup, lower: Lower = lowerConv2d): QuantizationError => {
    try {
      lowered(lower, setup);
    } catch (e) {
      if (e instanceof QuantizationError) return e;
      throw e;
    }
    throw new Error("was not refused");
  };

  it("a sum that could overflow i32, with its channel", () => {
    // Channel 1: 4 * 127 * 255 more than leaves room for the bias.
    const wide = { tensor: made([2, 1, 1, 4], (i) => (i < 4 ? 1 : 127)), qparams: qparams([1, 1]) };
    const bias = [2 ** 31 - 256 * 4, 2 ** 31 - 256 * 4];
    const error = refusal({ ...base, inputs: { x: { shape: ["n", 1, 1, 4], q: qparams(1, -128) } }, weight: wide, bias });
    expect([error.code, error.where]).toEqual(["accumulator-overflow", 'conv2d "node"']);
    expect(error.message).toContain("channel 1");
  });

  it("a sum of weights far from their zero point, with its channel", () => {
    const taps = 33100; // times 255 * 255 is beyond 2^31
    const weight = { tensor: tensor("u8", [2, taps], new Uint8Array(2 * taps).fill(255)), qparams: qparams([1, 1], 0, "u8") };
    weight.qparams.zeroPoint.data.set([254, 0]);
    const inputs = { x: { shape: ["n", taps], q: qparams(1, 0, "u8") } };
    const error = refusal({ inputs, weight, attrs: { activation: "none" } }, lowerLinear);
    expect([error.code, error.where]).toEqual(["accumulator-overflow", 'linear "node"']);
    expect(error.message).toContain("channel 1");
  });

  it("a bias beyond i32", () => {
    expect(refusal({ ...base, bias: [0, 3e9] }).code).toBe("bias-overflow");
  });

  it.each(["float", "floatBias"] as const)("%s: scales that a sum of f32 cannot be taken at", (rounding) => {
    const sum = (a: number, b: number): Setup => ({
      inputs: { a: { shape: [2], q: qparams(a) }, b: { shape: [2], q: qparams(b) } },
      output: qparams(1),
      rounding,
      attrs: { activation: "none" },
    });
    for (const [a, b] of [
      [2 ** 31, 1],
      [1, 2 ** 40],
    ] as const) {
      const error = refusal(sum(a, b), lowerAdd);
      expect([error.code, error.where]).toEqual(["bad-multiplier", 'add "node"']);
      expect(error.got).toContain(String(2 ** (a > 1 ? 31 : 40)));
    }
    // As far apart as they may be; what is tiny counts as nothing.
    for (const [a, b] of [
      [2 ** 30, 1],
      [2 ** -60, 1],
    ] as const) {
      const { graph } = lowered(lowerAdd, sum(a, b));
      const y = evaluate(graph, { a: tensor("i8", [2], [0, 1]), b: tensor("i8", [2], [5, 7]) });
      expect([...y.data]).toEqual([5, a > 1 ? 127 : 7]);
    }
  });

  it("scales per channel of x", () => {
    expect(refusal({ ...base, inputs: { x: { shape: ["n", 1, 1, 4], q: qparams([1, 1]) } } }).code).toBe("per-channel-activation");
  });
});
