/** Ops that bring their inputs to one scale (concat), and what is made at that scale at once. */
import { describe, expect, it } from "vitest";
import type { Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import * as quant from "../../src/quant/index.ts";
import { f32, tensor } from "../../src/tensor/index.ts";
import { backend, images } from "./net.ts";

const x = images(6, 8);

describe("scales that an op unifies", () => {
  const twoInputs = (compose: (a: nn.Traced, b: nn.Traced) => nn.Traced | Record<string, nn.Traced>) =>
    nn
      .module(
        { a: nn.conv2d(2, 3, { kernel: 1 }), b: nn.conv2d(2, 3, { kernel: 1 }), act: nn.relu() },
        ({ a, b, act }) =>
          (x: nn.Traced) =>
            compose(a(x), act(b(x))),
      )
      .trace({ x: f32(["n", 5, 7, 2]) });
  const marked = (graph: Graph): (string | undefined)[] =>
    quant
      .prepareQat(graph, quant.int8())
      .nodes.filter((n) => n.op.quantizer && n.attrs.axis === null)
      .map((n) => n.inputs.x);

  it("a producer that nobody else reads makes its integers at the common scale", async () => {
    const graph = twoInputs((a, b) => nn.concat([a, b]));
    expect(marked(graph)).toEqual(["x", "concat"]);
    const prepared = await quant.calibrate(quant.prepareQat(graph, quant.int8()), [{ x }], backend);
    const int8 = quant.convert(prepared);
    const yZeroPoint = (name: string) => int8.constants.get(`${name}.yZeroPoint`)!.data[0];
    expect(yZeroPoint("a")).toBe(prepared.states.get("concat.zeroPoint")!.tensor.data[0]);
    expect(yZeroPoint("b")).toBe(yZeroPoint("a"));
    expect(int8.nodes.map((n) => n.op.name)).toEqual(["quantize", "qconv2d", "qconv2d", "qconcat", "dequantize"]);
    expect((await quant.report(prepared, int8, { x }, backend)).largestStep).toBeLessThanOrEqual(1);
  });

  it("one that others read keeps its own, as does an output", () => {
    expect(marked(twoInputs((a, b) => nn.concat([nn.add(a, b), a])))).toEqual(["x", "a", "b", "concat"]);
    expect(marked(twoInputs((a, b) => ({ a, y: nn.concat([a, b]) })))).toEqual(["x", "a", "concat"]);
  });

  it("reaches through ops that pass integers on, and through a chain of joins", () => {
    const many = nn.module({ conv: nn.conv2d(2, 3, { kernel: 1 }), pool: nn.maxPool2d(2) }, ({ conv, pool }) => (x: nn.Traced) => {
      const parts = Array.from({ length: 9 }, () => pool(conv(x)));
      return nn.concat(parts);
    });
    const graph = many.trace({ x: f32(["n", 5, 7, 2]) });
    expect(graph.types.get(graph.outputs.get("logits")!)!.shape).toEqual(["n", 2, 3, 27]);
    expect(marked(graph)).toEqual(["x", graph.outputs.get("logits")]);
  });

  it.each(["i8", "u8"] as const)("a relu6 at a scale so coarse that 6 is nothing leaves one value, %s", async (activationDtype) => {
    const branches = { a: nn.conv2d(2, 3, { kernel: 1 }), b: nn.conv2d(2, 3, { kernel: 1 }), relu: nn.relu(), six: nn.relu6() };
    const graph = nn
      .module(
        branches,
        ({ a, b, relu, six }) =>
          (x: nn.Traced) =>
            nn.concat([six(a(x)), relu(b(x))]),
      )
      .trace({ x: f32(["n", 5, 7, 2]) });
    const weight = graph.states.get("b.weight")!;
    const large = { ...weight, tensor: tensor("f32", weight.tensor.shape, new Float32Array(6).fill(1e4)) };
    const wide = { ...graph, states: new Map([...graph.states, ["b.weight", large]]) };
    const prepared = await quant.calibrate(quant.prepareQat(wide, quant.int8({ activationDtype })), [{ x }], backend);
    const int8 = quant.convert(prepared);
    const lowest = activationDtype === "i8" ? -128 : 0;
    expect(int8.nodes.find((n) => n.name === "a")!.attrs).toMatchObject({ activation: "relu", quantMin: lowest, quantMax: lowest });
    expect((await quant.report(prepared, int8, { x }, backend)).largestStep).toBeLessThanOrEqual(1);
  });
});
