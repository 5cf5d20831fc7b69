/** Normalizations without a layer before them: of the input, of sums (pre-activation blocks), of what others read, of vectors. */
import { describe, expect, it, vi } from "vitest";
import type { Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import * as quant from "../../src/quant/index.ts";
import { f32, type Tensor } from "../../src/tensor/index.ts";
import { backend, images, labels, trained } from "./net.ts";

/** A pre-activation block: the sum goes on as it is, the branch starts with a normalization. */
const block = nn.module(
  { bn: nn.batchNorm2d(5), act: nn.relu(), conv: nn.conv2d(5, 5, { kernel: 3, padding: 1, bias: false }) },
  ({ bn, act, conv }) =>
    (x: nn.Traced) =>
      nn.add(x, conv(act(bn(x)))),
);
const model = nn.sequential({
  bn0: nn.batchNorm2d(2),
  conv1: nn.conv2d(2, 5, { kernel: 3, padding: 1 }),
  block1: block,
  block2: block,
  bn3: nn.batchNorm2d(5),
  act3: nn.relu(),
  pool: nn.maxPool2d(2),
  flatten: nn.flatten(),
  fc1: nn.linear(5 * 2 * 3, 7),
  act4: nn.relu(),
  bn4: nn.batchNorm2d(7),
  fc2: nn.linear(7, 5),
});
const float: Graph = model.trace({ x: f32(["n", 5, 7, 2]) }, { seed: 3 });
const batches = Array.from({ length: 4 }, (_, i) => ({ x: images(11, i), labels: labels(11) }));

async function expectDeployed(prepared: Graph): Promise<void> {
  const warn = vi.fn();
  const int8 = quant.convert(prepared, { warn });
  expect(warn).not.toHaveBeenCalled();
  expect(quant.floatNodes(int8)).toEqual([]);
  expect(int8.nodes.filter((n) => n.op.name === "qconv2d").map((n) => n.name)).toEqual(
    expect.arrayContaining(["bn0", "block1.bn", "block2.bn", "bn3", "bn4"]),
  );
  const report = await quant.report(prepared, int8, { x: images(40, 9) }, backend);
  expect(report.largestStep).toBeLessThanOrEqual(1);
  // Where a feature varies little, its normalization multiplies the error along with it: less than the usual 20 dB.
  for (const l of report.layers) expect(l.sqnr, l.name).toBeGreaterThan(15);
}

describe("a normalization without a layer before it", () => {
  it("becomes a depthwise layer after training: no float island", async () => {
    await expectDeployed(await quant.calibrate(quant.prepare(await trained(float, batches, 2), quant.int8()), batches, backend));
  });

  it("trains quantized as it is deployed", async () => {
    const qat = quant.prepareQat(float, quant.int8());
    expect(qat.nodes.find((n) => n.name === "bn3")!.inputs.weight).toBe("bn3.scaled.weight.fakeQuantize");
    const done = await trained(qat, batches, 2);
    for (const bn of ["bn0", "block1.bn", "bn4"])
      expect(done.states.get(`${bn}.runningMean`), bn).not.toEqual(float.states.get(`${bn}.runningMean`));
    await expectDeployed(done);
  });

  it("computes what it did: the prepared net with its observers against the float net in evaluation", async () => {
    const net = await trained(float, batches, 2);
    const prepared = quant.prepare(net, quant.int8());
    const run = async (graph: Graph): Promise<Tensor> => {
      using compiled = await backend.compile(graph);
      return Object.values(await compiled({ x: images(7, 5) }))[0]!;
    };
    const expected = await run(quant.prepare(net, quant.mapping({ "": null, fc2: quant.int8() })));
    // Folding rounds weights and sums a few times: a few units in the last place of values around 1, through 8 layers.
    (await run(prepared)).data.forEach((v, i) => expect(v).toBeCloseTo(expected.data[i]!, 4));
  });

  it("stays one where it shall stay float", async () => {
    const graph = quant.prepare(float, quant.mapping({ "": quant.int8(), "block1.bn": null }));
    expect(graph.nodes.find((n) => n.name === "block1.bn")!.op.name).toBe("batchNorm2d");
    expect(graph.nodes.find((n) => n.name === "block2.bn")!.op.name).toBe("conv2d");
  });
});
