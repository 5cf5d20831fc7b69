/** Every layer: PyTorch's defaults, names, shapes; sizes that cannot be are refused where the layer is written. */
import { describe, expect, it, test } from "vitest";
import { cpu } from "../../src/backend/cpu/index.ts";
import { ShapeError, UsageError } from "../../src/errors.ts";
import type { Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import { evaluation } from "../../src/passes/index.ts";
import { f32, tensor, type TensorType } from "../../src/tensor/index.ts";

const image = f32(["n", 9, 11, 6]);
const trace = (layer: nn.Module, x: TensorType = image): Graph => nn.sequential({ layer }).trace({ x });
const shape = (layer: nn.Module, x?: TensorType) => {
  const graph = trace(layer, x);
  return graph.types.get(graph.outputs.get("logits")!)!.shape;
};

describe("defaults and shapes", () => {
  test.each([
    ["conv2d", nn.conv2d(6, 8, { kernel: 3 }), { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 }, [7, 9, 8]],
    [
      "conv2d, all of it",
      nn.conv2d(6, 9, { kernel: [3, 2], stride: [2, 1], padding: [1, 2, 0, 1], dilation: [2, 3], groups: 3, bias: false }),
      { stride: [2, 1], padding: [1, 2, 0, 1], dilation: [2, 3], groups: 3 },
      [4, 9, 9],
    ],
    ["maxPool2d", nn.maxPool2d(3), { stride: [3, 3], padding: [0, 0, 0, 0], dilation: [1, 1], ceilMode: false }, [3, 3, 6]],
    ["maxPool2d, ceilMode", nn.maxPool2d([2, 3], { padding: [1, 1], dilation: [1, 2], ceilMode: true }), { ceilMode: true }, [5, 4, 6]],
    ["avgPool2d", nn.avgPool2d(2), { stride: [2, 2], ceilMode: false, countIncludePad: true, divisorOverride: null }, [4, 5, 6]],
    ["globalAvgPool2d", nn.globalAvgPool2d(), {}, [1, 1, 6]],
    ["adaptiveAvgPool2d", nn.adaptiveAvgPool2d([2, 5]), { outputSize: [2, 5] }, [2, 5, 6]],
    ["batchNorm2d", nn.batchNorm2d(6), { eps: 1e-5, momentum: 0.1, training: true }, [9, 11, 6]],
    ["dropout", nn.dropout(), { p: 0.5, training: true }, [9, 11, 6]],
    ["leakyRelu", nn.leakyRelu(), { negativeSlope: 0.01 }, [9, 11, 6]],
    ["clamp", nn.clamp({ min: -1, max: 1 }), { min: -1, max: 1 }, [9, 11, 6]],
    ["clamp, as hardtanh", nn.hardtanh(), { min: -1, max: 1, boundGradient: 0 }, [9, 11, 6]],
    ["softmax", nn.softmax(), { axis: -1 }, [9, 11, 6]],
    ["upsampleNearest2d", nn.upsampleNearest2d([2, 3]), { scale: [2, 3] }, [18, 33, 6]],
    ["reshape", nn.reshape([0, 3, -1]), { shape: [0, 3, -1] }, [3, 198]],
    ["permute", nn.permute([0, 3, 1, 2]), { permutation: [0, 3, 1, 2] }, [6, 9, 11]],
    ["flatten", nn.flatten(), { startDim: 1, endDim: -1 }, [594]],
    ["flatten, in part", nn.flatten({ startDim: 1, endDim: 2 }), { startDim: 1, endDim: 2 }, [99, 6]],
    ["relu", nn.relu(), {}, [9, 11, 6]],
    ["relu6", nn.relu6(), {}, [9, 11, 6]],
    ["sigmoid", nn.sigmoid(), {}, [9, 11, 6]],
    ["hardSigmoid", nn.hardSigmoid(), {}, [9, 11, 6]],
    ["hardSwish", nn.hardSwish(), {}, [9, 11, 6]],
  ] as const)("%s", (name, layer, attrs, size) => {
    expect(shape(layer)).toEqual(["n", ...size]);
    const node = trace(layer).nodes.find((n) => n.name === "layer")!;
    expect({ name: node.op.name === "transpose" ? "permute" : node.op.name, attrs: node.attrs }).toMatchObject({
      name: name.replace(/,.*/, ""),
      attrs,
    });
  });

  it("functions of traced values, more than six joined by several nodes", () => {
    const net = nn.module({ conv: nn.conv2d(6, 3, { kernel: 1 }), swap: nn.permute([0, 1, 3, 2]) }, ({ conv, swap }) => (x: nn.Traced) => {
      const y = conv(x);
      const all = nn.concat([y, ...Array.from({ length: 12 }, (_, i) => [nn.add, nn.sub, nn.mul, nn.div][i % 4]!(y, y))]);
      return {
        all,
        rows: nn.concat([y, y], { axis: 1 }),
        mean: nn.mean(y, { axes: [1, 2] }),
        product: nn.matmul(y, swap(y)),
        kept: nn.mean(y, { axes: [-1], keepDim: true }),
      };
    });
    const graph = net.trace({ x: image });
    const size = (name: string) => graph.types.get(graph.outputs.get(name)!)!.shape;
    expect(size("all")).toEqual(["n", 9, 11, 39]);
    expect(graph.nodes.filter((n) => n.name.startsWith("concat")).map((n) => Object.keys(n.inputs).length)).toEqual([6, 6, 3, 2]);
    expect(size("rows")).toEqual(["n", 18, 11, 3]);
    expect(size("mean")).toEqual(["n", 3]);
    expect(size("product")).toEqual(["n", 9, 11, 11]);
    expect(size("kept")).toEqual(["n", 9, 11, 1]);
    expect(() => nn.concat([])).toThrow(UsageError);
  });
});

describe("initial values and states", () => {
  it("of a grouped convolution follow what one output sees", () => {
    const { states } = trace(nn.conv2d(6, 8, { kernel: 3, groups: 2 }));
    expect(states.get("layer.weight")!.tensor.shape).toEqual([8, 3, 3, 3]);
    const largest = Math.max(...states.get("layer.weight")!.tensor.data.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(1 / Math.sqrt(27));
    expect(largest).toBeGreaterThan(0.9 / Math.sqrt(27));
  });

  it("of batch norm are 1 and 0, running statistics are buffers that every run updates", () => {
    const graph = trace(nn.batchNorm2d(6));
    const is = (name: string) => ({ role: graph.states.get(name)!.role, values: [...new Set(graph.states.get(name)!.tensor.data)] });
    expect(is("layer.weight")).toEqual({ role: "parameter", values: [1] });
    expect(is("layer.bias")).toEqual({ role: "parameter", values: [0] });
    expect(is("layer.runningMean")).toEqual({ role: "buffer", values: [0] });
    expect(is("layer.runningVar")).toEqual({ role: "buffer", values: [1] });
    expect([...graph.updates.keys()]).toEqual(["layer.runningMean", "layer.runningVar"]);
    expect([...trace(nn.batchNorm2d(6, { affine: false })).states.keys()]).toEqual(["layer.runningMean", "layer.runningVar"]);
  });

  it("of batch norm without momentum count the batches and average them", async () => {
    const graph = trace(nn.batchNorm2d(1, { momentum: null }), f32([2, 1, 1, 1]));
    expect(graph.states.get("layer.numBatchesTracked")!.role).toBe("buffer");
    const run = await cpu().compile(graph);
    for (const [a, b] of [
      [0, 2],
      [4, 4],
      [3, 5],
    ])
      await run.step({ x: tensor("f32", [2, 1, 1, 1], [a!, b!]) });
    const states = await run.readStates();
    expect(states.get("layer.numBatchesTracked")!.data[0]).toBe(3);
    expect(states.get("layer.runningMean")!.data[0]).toBeCloseTo((1 + 4 + 4) / 3, 6);
    expect(states.get("layer.runningVar")!.data[0]).toBeCloseTo((2 + 0 + 2) / 3, 6);
  });

  it("batch norm is applied once: its statistics belong to one place", () => {
    const twice = nn.module(
      { bn: nn.batchNorm2d(6) },
      ({ bn }) =>
        (x: nn.Traced) =>
          bn(bn(x)),
    );
    expect(() => twice.trace({ x: image })).toThrow(/"bn".*applied twice/);
  });

  it("dropout draws anew at every step and place, the same for the same seed, and is gone in evaluation", async () => {
    const net = nn.sequential({ a: nn.dropout(0.5), b: nn.dropout(0.5) });
    const graph = net.trace({ x: f32([4, 100]) }, { seed: 5 });
    const x = tensor("f32", [4, 100], new Float32Array(400).fill(1));
    const two = async (seed: number) => {
      const run = await cpu().compile(net.trace({ x: f32([4, 100]) }, { seed }));
      return [[...(await run({ x })).logits!.data], [...(await run({ x })).logits!.data]] as const;
    };
    const [first, second] = await two(5);
    expect(await two(5)).toEqual([first, second]);
    expect(first).not.toEqual(second);
    expect((await two(6))[0]).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set([0, 4]));
    const kept = first.filter((v) => v > 0).length;
    // 400 draws of 1 in 4: five standard deviations are 43.
    expect(Math.abs(kept - 100)).toBeLessThan(45);
    expect(graph.states.get("a.step")!.role).toBe("random");
    const still = evaluation(graph);
    expect(still.nodes).toEqual([]);
    expect((await (await cpu().compile(still))({ x })).logits!.data).toEqual(x.data);
    expect(evaluation(graph, ["observer", "buffer"]).nodes.length).toBe(4);
  });
});

describe("weights of more than 2^31 elements are refused, and no memory is asked for", () => {
  test.each([
    ["a huge kernel", nn.conv2d(6, 8, { kernel: 2 ** 31 })],
    ["channels without number", nn.conv2d(6, 2 ** 31, { kernel: 3 })],
    ["features without number", nn.linear(2 ** 16, 2 ** 16)],
  ])("%s", (_name, layer) => {
    const failure = (): unknown => layer.trace({ x: f32(["n", 9, 9, 6]) });
    expect(failure).toThrow(ShapeError);
    expect(failure).toThrow(expect.objectContaining({ code: "too-large" }));
  });
});

describe("sizes that cannot be are refused where they are written", () => {
  const conv = (options: Partial<nn.Conv2dOptions>) => () => nn.conv2d(6, 9, { kernel: 3, ...options });
  test.each([
    ["groups 0", conv({ groups: 0 })],
    ["groups -1", conv({ groups: -1 })],
    ["groups that do not divide the input channels", conv({ groups: 9 })],
    ["groups that do not divide the output channels", conv({ groups: 6 })],
    ["groups that are no whole number", conv({ groups: 1.5 })],
    ["stride 0", conv({ stride: 0 })],
    ["stride -1", conv({ stride: [1, -1] })],
    ["dilation 0", conv({ dilation: 0 })],
    ["a fractional dilation", conv({ dilation: [1, 0.5] })],
    ["kernel 0", conv({ kernel: 0 })],
    ["a kernel of three numbers", conv({ kernel: [3, 3, 3] as unknown as [number, number] })],
    ["a kernel that is none", conv({ kernel: "3" as unknown as number })],
    ["padding -1", conv({ padding: -1 })],
    ["a negative side", conv({ padding: [0, 0, 0, -1] })],
    ["three pads", conv({ padding: [1, 1, 1] as unknown as [number, number] })],
    ["padding NaN", conv({ padding: NaN })],
    ["padding by name", conv({ padding: "same" as unknown as number })],
    ["padding null", conv({ padding: null as unknown as number })],
    ["stride null", conv({ stride: null as unknown as number })],
    ["no channels", () => nn.conv2d(0, 1, { kernel: 1 })],
    ["infinite channels", () => nn.conv2d(1, Infinity, { kernel: 1 })],
    ["maxPool2d kernel 0", () => nn.maxPool2d(0)],
    ["maxPool2d stride 0", () => nn.maxPool2d(2, { stride: 0 })],
    ["maxPool2d dilation 0", () => nn.maxPool2d(2, { dilation: 0 })],
    ["maxPool2d ceilMode 2", () => nn.maxPool2d(2, { ceilMode: 2 as unknown as boolean })],
    ["avgPool2d padding -1", () => nn.avgPool2d(2, { padding: -1 })],
    ["avgPool2d ceilMode 2", () => nn.avgPool2d(2, { ceilMode: 2 as unknown as boolean })],
    ["avgPool2d countIncludePad 1", () => nn.avgPool2d(2, { countIncludePad: 1 as unknown as boolean })],
    ["avgPool2d divisorOverride 0", () => nn.avgPool2d(2, { divisorOverride: 0 })],
    ["adaptiveAvgPool2d to 0", () => nn.adaptiveAvgPool2d([1, 0])],
    ["batchNorm2d without channels", () => nn.batchNorm2d(0)],
    ["batchNorm2d eps 0", () => nn.batchNorm2d(1, { eps: 0 })],
    ["batchNorm2d eps NaN", () => nn.batchNorm2d(1, { eps: NaN })],
    ["batchNorm2d momentum 2", () => nn.batchNorm2d(1, { momentum: 2 })],
    ["dropout p 1", () => nn.dropout(1)],
    ["dropout p -0.1", () => nn.dropout(-0.1)],
    ["dropout p NaN", () => nn.dropout(NaN)],
    ["leakyRelu NaN", () => nn.leakyRelu({ negativeSlope: NaN })],
    ["clamp without bounds", () => nn.clamp({})],
    ["clamp upside down", () => nn.clamp({ min: 1, max: 0 })],
    ["hardtanh of nothing", () => nn.hardtanh({ min: 1 })],
    ["clamp NaN", () => nn.clamp({ min: NaN })],
    ["reshape with two -1", () => nn.reshape([-1, -1])],
    ["reshape to -2", () => nn.reshape([0, -2])],
    ["permute without an axis", () => nn.permute([0, 2])],
    ["permute with an axis twice", () => nn.permute([0, 1, 1])],
    ["upsampleNearest2d by 0", () => nn.upsampleNearest2d(0)],
    ["upsampleNearest2d by 1.5", () => nn.upsampleNearest2d(1.5)],
    ["linear without features", () => nn.linear(0, 1)],
  ])("%s", (_name, make) => {
    expect(make).toThrow(UsageError);
  });

  test.each([
    ["a kernel larger than the padded image", nn.conv2d(6, 8, { kernel: 12 })],
    ["a dilated kernel larger than the padded image", nn.conv2d(6, 8, { kernel: 3, dilation: 6 })],
    ["huge padding", nn.conv2d(6, 8, { kernel: 3, padding: 2 ** 31 })],
    ["a huge stride", nn.maxPool2d(2, { stride: 2 ** 31 })],
    ["a huge pool", nn.avgPool2d(2 ** 31)],
    ["a pool larger than the image", nn.avgPool2d(10)],
    ["padding beyond half of a pool's kernel", nn.maxPool2d(2, { padding: 2 })],
    ["channels that do not fit", nn.conv2d(5, 8, { kernel: 3 })],
    ["channels that do not fit, grouped", nn.conv2d(4, 8, { kernel: 3, groups: 4 })],
    ["statistics of other channels", nn.batchNorm2d(5)],
    ["a shape that does not fit", nn.reshape([0, 7, -1])],
    ["a permutation of other axes", nn.permute([0, 2, 1])],
    ["moving the batch", nn.permute([1, 0, 2, 3])],
  ])("%s: at the trace, with the layer's name", (_name, layer) => {
    const failure = (): unknown => trace(layer);
    expect(failure).toThrow(ShapeError);
    expect(failure).toThrow(/"layer"/);
  });
});
