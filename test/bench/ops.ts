/**
 * dist/bench/ops.js [--random N] [--op NAME] [--allow-software]: every op's cases and N random ones (20 by default), each
 * variant on the GPU against the CPU reference. The tests do the same on a software adapter; here a driver's own
 * arithmetic shows. Exits with 1 when anything differs.
 */
import { parseArgs } from "node:util";
import { deviceInfo, packedDot } from "../../src/backend/webgpu/info.ts";
import { Random } from "../../src/numerics/random.ts";
import type { DeviceInfo } from "../../src/ops/index.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { differences } from "../support/compare.ts";
import { runVariant, variantsOf } from "../support/op-runner.ts";
import { hardware, run } from "./hardware.ts";

const modules = import.meta.glob<Record<string, unknown>>("../ops/*.cases.ts", { eager: true });
const isCases = (v: unknown): v is OpCases => typeof v === "object" && v !== null && "op" in v && "cases" in v && "random" in v;
const suites = Object.values(modules).flatMap((m) => Object.values(m).filter(isCases));

/** What is wrong, a line a variant. */
async function faults(device: GPUDevice, info: DeviceInfo, { op, tolerance }: OpCases, c: OpCase): Promise<readonly string[]> {
  const attrs = { ...op.defaults, ...c.attrs };
  const expected = op.reference(c.inputs, attrs);
  const found: string[] = [];
  for (const { name, info: as, variant } of variantsOf(op, c.inputs, attrs, info, true)) {
    try {
      const d = differences(await runVariant(device, as, op, c.inputs, attrs, variant), expected, tolerance);
      if (d) found.push(`variant ${name}: ${d}`);
    } catch (error) {
      found.push(`variant ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return found;
}

run(async () => {
  const { values } = parseArgs({ options: { random: { type: "string" }, op: { type: "string" }, "allow-software": { type: "boolean" } } });
  const gpu = await hardware(values["allow-software"] === true);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("no adapter");
  const { maxStorageBuffersPerShaderStage, maxStorageBufferBindingSize, maxBufferSize, maxComputeWorkgroupStorageSize } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxStorageBuffersPerShaderStage, maxStorageBufferBindingSize, maxBufferSize, maxComputeWorkgroupStorageSize },
  });
  const info = deviceInfo(device, gpu.wgslLanguageFeatures.has(packedDot));
  console.log(`packed dot product: ${info.dot4 ? "yes" : "no"}`);
  let failed = 0;
  let passed = 0;
  for (const suite of suites) {
    if (values.op !== undefined && suite.op.name !== values.op) continue;
    const random = Array.from({ length: Number(values.random ?? 20) }, (_, seed) => ({
      ...suite.random(new Random(seed)),
      name: `random, seed ${seed}`,
    }));
    const before = failed;
    for (const c of [...suite.cases, ...random]) {
      const found = await faults(device, info, suite, c);
      if (found.length === 0) passed++;
      else failed++;
      for (const fault of found) console.log(`FAILED ${suite.op.name} "${c.name}" ${fault}`);
    }
    console.log(`${failed === before ? "ok    " : "FAILED"} ${suite.op.name}: ${suite.cases.length} cases, ${random.length} random`);
  }
  console.log(`${passed} cases passed, ${failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
});
