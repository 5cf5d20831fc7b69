/** The device check: right devices pass, and a wrong dot product is noticed, warned about and done without. */
import { describe, expect, it } from "vitest";
import { knownAnswers, selfTest } from "../../src/backend/webgpu/selftest.ts";
import { Pipelines } from "../../src/backend/webgpu/pipelines.ts";
import { requantize } from "../../src/numerics/requantize.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { testDevice, testGpu } from "../support/device.ts";
import { wrapGpu } from "../support/fake-gpu.ts";

describe("self-test", () => {
  it("has at least 64 vectors, with saturation at both ends and every exponent", () => {
    const { words, expected } = knownAnswers();
    expect(words.length / 6).toBeGreaterThanOrEqual(64);
    const requantized = expected.filter((_, i) => i % 8 === 3);
    expect(requantized).toContain(127);
    expect(requantized).toContain(-128);
    const exponents = new Set(new Int32Array(words.buffer).filter((_, i) => i % 6 === 4));
    for (let e = -31; e <= 30; e++) expect(exponents).toContain(e);
  });

  it("has ties, neighbours of ties that f32 rounds to the wrong side, and sums near 2^24", () => {
    const { words, expected } = knownAnswers();
    const signed = new Int32Array(words.buffer);
    let [ties, wrong] = [0, 0];
    for (let i = 0; i < signed.length; i += 6) {
      const [acc, multiplier, exponent] = signed.subarray(i + 2) as unknown as [number, number, number];
      const product = (BigInt(acc) * BigInt(multiplier)) << 1n;
      const one = 1n << BigInt(32 - exponent);
      if (((product % one) + one) % one === one >> 1n) ties++;
      const inFloat = Math.floor(Math.fround(Math.fround(Math.fround(acc) * Math.fround(multiplier * 2 ** (exponent - 31))) + 0.5));
      if (Math.abs(inFloat) < 128 && inFloat !== requantize(acc, multiplier, exponent)) wrong++;
    }
    expect(ties).toBeGreaterThanOrEqual(8);
    expect(wrong).toBeGreaterThanOrEqual(4);
    for (const sum of expected.filter((_, i) => i % 8 === 5)) {
      expect(sum / 16).toBeGreaterThan(2 ** 24 * 0.98);
      expect(sum / 16).toBeLessThan(2 ** 24);
    }
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

  it("gets the kernels that do without, and a warning that says why", async () => {
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

  // Each fault is in what int8 kernels do in f32, and leaves the integer forms right.
  it.each<[string, RegExp, (code: string) => string]>([
    ["requantizes without the exact fallback", /requantizing 4 at once/, (code) => code.replace("unsure = any(", "unsure = false && any(")],
    [
      "multiplies with 16 bits in requantizing",
      /requantizing 4 at once/,
      (code) => code.replaceAll("* m.approximate", "* quantizeToF16(m.approximate)"),
    ],
    ["rounds half down in f32", /requantizing in f32/, (code) => code.replace("let q = round(t", "let q = -floor(0.5 - t")],
    [
      "forgets the sign in rounding away",
      /requantizing by another integer rule/,
      (code) => code.replace("away && h < 0", "h < 0 && h > 0"),
    ],
    [
      "adds products with one bit too few",
      /adding products in f32/,
      (code) => code.replace("part += weights", "part = trunc(part / 2) * 2 + weights"),
    ],
    ["loses the last bit near 2^24", /adding products in f32/, (code) => code.replace("vec4<i32>(part)", "vec4<i32>(floor(part / 2) * 2)")],
  ])("is refused where it %s", async (_, message, fault) => {
    let planted = 0;
    const shader = (code: string): string => {
      const wrong = fault(code);
      if (wrong !== code) planted++;
      return wrong;
    };
    await expect(webgpu({ gpu: wrapGpu(await testGpu(), { shader }), onWarning: () => undefined })).rejects.toThrow(message);
    expect(planted).toBeGreaterThan(0);
  });

  it("says so aloud when the feature is missing", async () => {
    const warnings: string[] = [];
    using backend = await webgpu({ gpu: wrapGpu(await testGpu(), { features: [] }), onWarning: (m) => warnings.push(m) });
    expect(backend.info.dot4).toBe(false);
    expect(warnings.join()).toMatch(/packed_4x8_integer_dot_product is missing/);
  });
});
