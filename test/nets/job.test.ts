/** The main job takes the net, and freezes in its last epoch of QAT, as it is told: figures of nets other than the default one. */
import { expect, test } from "vitest";
import { job } from "../../examples/lib/job.ts";
import { table } from "../../examples/lib/table.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import * as train from "../../src/train/index.ts";
import { testGpu } from "../support/device.ts";

const data = { train: train.digits({ count: 48, seed: 3 }), test: train.digits({ count: 32, seed: 4 }) };

test.each([
  ["resnet", 196 * 9 * 16 * (1 + 16 + 16) + 49 * (9 * 16 * 32 + 9 * 32 * 32 + 16 * 32) + 16 * (9 * 32 * 48 + 9 * 48 * 48 + 32 * 48) + 480],
] as const)("%s", { timeout: 240_000 }, async (net, multiplyAdds) => {
  using gpu = await webgpu({ gpu: await testGpu() });
  const stages: string[] = [];
  const options = { net, epochs: 1, qatEpochs: 2, batch: 16, weightBits: 8, seed: 1 };
  const result = await job(data, options, gpu, (e) => e.kind === "progress" && stages.push(e.stage));
  expect(result).toMatchObject({ net, multiplyAdds, floatIslands: 0, backend: "webgpu", verify: { differing: 0 } });
  expect(result.largestStep).toBeLessThanOrEqual(1);
  expect(new Set(stages)).toEqual(
    new Set(["float 1/1", "PTQ", "QAT 1/2", "QAT 2/2", "verify", "deployment", "float", "PTQ int8", "QAT int8"]),
  );
  expect(table(result)).toContain(`${net}, ${(multiplyAdds / 1e6).toFixed(1)} million multiply-adds an image, no float op`);
  expect(table({ ...result, floatIslands: 2 })).toContain("2 FLOAT OPS");
});
