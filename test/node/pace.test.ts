import { setImmediate as promised } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { paceDawn } from "../../src/node/pace.ts";
import { testDevice } from "../support/device.ts";

test("waiting for a software adapter does not spin: far fewer questions than turns that an idle loop makes", async () => {
  const device = await testDevice();
  const software = device.adapterInfo.architecture === "swiftshader";
  const buffer = device.createBuffer({ size: 4, usage: GPUBufferUsage.STORAGE });
  const code = `@group(0) @binding(0) var<storage, read_write> y: array<u32>;
    @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
      var x = id.x;
      for (var i = 0u; i < 200000u; i++) { x = x * 1664525u + 1013904223u; }
      if (x == 7u) { y[0] = x; }
    }`;
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module: device.createShaderModule({ code }) } });
  const bindGroup = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries: [{ binding: 0, resource: { buffer } }] });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(64);
  pass.end();

  const current = globalThis.setImmediate;
  let questions = 0;
  globalThis.setImmediate = ((...args: Parameters<typeof setImmediate>) => {
    questions++;
    return current(...args);
  }) as typeof setImmediate;
  const start = performance.now();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  const ms = performance.now() - start;
  globalThis.setImmediate = current;
  device.destroy();
  // One a millisecond at most, after the eager ones; a spinning loop asks about a hundred times a millisecond.
  if (software) expect(questions).toBeLessThan(2 * ms + 100);
  expect(questions).toBeGreaterThan(0);
});

test("other users of setImmediate notice nothing", async () => {
  paceDawn();
  const seen: unknown[] = [];
  await new Promise<void>((resolve) => setImmediate((...args: unknown[]) => (seen.push(...args), resolve()), 1, "two"));
  expect(seen).toEqual([1, "two"]);
  expect(await promisify(setImmediate)("value")).toBe("value");
  expect(await promised("value")).toBe("value");
  const cancelled = setImmediate(() => seen.push("never"));
  clearImmediate(cancelled);
  await promisify(setImmediate)();
  expect(seen).toEqual([1, "two"]);
});
