/** The memory plan of a real training step: the quickstart's net, quantization in the loop, batch 64. No GPU is needed. */
import { describe, expect, it } from "vitest";
import { f32, quant } from "dot4";
import * as train from "dot4/train";
import { digits } from "../../examples/nets/digits.ts";
import { required } from "../../src/backend/webgpu/info.ts";
import { prepare } from "../../src/backend/webgpu/prepare.ts";
import { bind, prune } from "../../src/graph/index.ts";
import type { DeviceInfo } from "../../src/ops/op.ts";
import { trainingGraph } from "../../src/train/trainingGraph.ts";

const net = digits(0);

describe("a training step of the digit net", () => {
  const float = net.trace({ x: f32(["n", 28, 28, 1]) });
  const graphs = { float, qat: quant.prepareQat(float, quant.int8()) };
  const optimizer = train.adam({ lr: 1e-3 });

  for (const [name, graph] of Object.entries(graphs))
    for (const software of [true, false])
      it(`${name}, ${software ? "software" : "hardware"} kernels: at most 1.25 times the memory that any plan needs`, () => {
        const step = trainingGraph(graph, train.crossEntropy(), optimizer.rule, 1e-3, "logits");
        const info: DeviceInfo = { dot4: true, software, vendor: "test", architecture: "test", limits: required };
        const { plan } = prepare(prune(bind(step, { n: 64 })), info, 256);
        expect(plan.peakBytes / plan.lowerBoundBytes).toBeLessThanOrEqual(1.25);
        // Parameters and moments are updated where they lie: nothing is copied back.
        expect(plan.steps.filter((s) => s.kind === "copy" && s.to.place.kind === "state")).toEqual([]);
      });
});
