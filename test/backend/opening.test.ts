/** Opening a device: what cannot be had is said in a typed error, what can be had less of is taken. */
import { describe, expect, it } from "vitest";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { DeviceError } from "../../src/errors.ts";
import { tensor } from "../../src/tensor/index.ts";
import { counting, failure, open } from "./failing.ts";

/** What the WebGPU standard promises of any adapter, of what the kernels use. */
const standard = {
  maxComputeWorkgroupsPerDimension: 65535,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16384,
  maxStorageBufferBindingSize: 2 ** 27,
  maxStorageBuffersPerShaderStage: 8,
};

describe("opening a device", () => {
  it("without navigator.gpu says so and names cpu()", async () => {
    const e = await failure(webgpu());
    expect(e).toBeInstanceOf(DeviceError);
    expect(e.code).toBe("no-webgpu");
    expect(e.message).toMatch(/cpu\(\)/);
  });

  it("without an adapter, too", async () => {
    const e = await failure(open({ noAdapter: true }));
    expect(e).toBeInstanceOf(DeviceError);
    expect(e).toMatchObject({ code: "no-adapter", where: "webgpu" });
    expect(e.remedy).toMatch(/cpu\(\)/);
  });

  it("refuses an adapter with less than the standard limits", async () => {
    const e = await failure(open({ limits: { maxStorageBuffersPerShaderStage: 4 } }));
    expect(e.code).toBe("limits");
    expect(e.message).toMatch(/maxStorageBuffersPerShaderStage.*at least 8.*got 4/);
  });

  it.each(Object.entries(standard))(
    "refuses an adapter with %s below the standard %i, and takes one that just has it",
    async (name, least) => {
      const e = await failure(open({ limits: { [name]: least - 1 } }));
      expect(e).toBeInstanceOf(DeviceError);
      expect(e).toMatchObject({ code: "limits", got: String(least - 1), expected: `at least ${least}` });
      expect(e.message).toContain(name);
      expect(e.remedy).toBeTruthy();
      using backend = await open({ limits: { [name]: least } });
      expect(backend.kind).toBe("webgpu");
    },
  );

  it("works with the standard limits, and falls back to them when an adapter refuses what it promised", async () => {
    const x = { x: tensor("i32", [3], [1, 2, 3]) };
    for (const options of [{ tampering: {}, limits: "standard" as const }, { tampering: { limits: { maxBufferSize: 2 ** 50 } } }]) {
      using backend = await open(options.tampering, options.limits ? { limits: options.limits } : {});
      using run = await backend.compile(counting());
      expect((await run(x))["y"]!.data).toEqual(Int32Array.of(8, 9, 7));
    }
  });

  it("names the adapter", async () => {
    using backend = await open();
    expect(backend.name).toMatch(/^webgpu \(.+\)$/);
  });
});
