/** The device check: right devices pass, and a wrong dot product is noticed, warned about and done without. */
import { describe, expect, it } from "vitest";
import { knownAnswers, selfTest } from "../../src/backend/webgpu/selftest.ts";
import { Pipelines } from "../../src/backend/webgpu/pipelines.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { testDevice, testGpu } from "../support/device.ts";
import { wrapGpu } from "../support/fake-gpu.ts";

describe("self-test", () => {
  it("has at least 64 vectors, with saturation at both ends and every exponent", () => {
    const { words, expected } = knownAnswers();
    expect(words.length / 6).toBeGreaterThanOrEqual(64);
    const requantized = expected.filter((_, i) => i % 4 === 3);
    expect(requantized).toContain(127);
    expect(requantized).toContain(-128);
    const exponents = new Set(new Int32Array(words.buffer).filter((_, i) => i % 6 === 4));
    for (let e = -31; e <= 30; e++) expect(exponents).toContain(e);
  });

  it("passes by hand and, where the feature is, natively", async () => {
    const device = await testDevice();
    const pipelines = new Pipelines(device);
    const native = (await testGpu()).wgslLanguageFeatures.has("packed_4x8_integer_dot_product");
    for (const form of native ? [true, false] : [false]) {
      expect(await selfTest(device, pipelines, form)).toBeUndefined();
    }
    device.destroy();
  });
});

describe("a device that computes dot4I8Packed wrongly", () => {
  const wrong = (code: string): string => code.replaceAll("return dot4I8Packed(a, b);", "return dot4I8Packed(a, b ^ 0x80000000u);");

  it("gets the kernels that unpack by hand, and a warning that says why", async () => {
    const warnings: string[] = [];
    const gpu = wrapGpu(await testGpu(), { shader: wrong, features: ["packed_4x8_integer_dot_product"] });
    using backend = await webgpu({ gpu, onWarning: (m) => warnings.push(m) });
    expect(backend.info.dot4).toBe(false);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/dot4I8Packed gives -?\d+ for -?\d+|self-test cannot run/);
  });

  it("is refused where unpacking by hand is wrong, too", async () => {
    const gpu = wrapGpu(await testGpu(), { shader: (code) => code.replaceAll("return dot(x, y);", "return dot(x, y) + 1;"), features: [] });
    await expect(webgpu({ gpu, onWarning: () => undefined })).rejects.toThrow(/computes wrong integers/);
  });

  it("says so aloud when the feature is missing", async () => {
    const warnings: string[] = [];
    using backend = await webgpu({ gpu: wrapGpu(await testGpu(), { features: [] }), onWarning: (m) => warnings.push(m) });
    expect(backend.info.dot4).toBe(false);
    expect(warnings.join()).toMatch(/packed_4x8_integer_dot_product is missing/);
  });
});
