/// <reference types="vite/client" />
/** Every op's cases (<op>.cases.ts): inference, reference, gradient, and each variant on the GPU against the reference. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deviceInfo, packedDot } from "../../src/backend/webgpu/info.ts";
import { Random } from "../../src/numerics/random.ts";
import { ops, type DeviceInfo, type OpDef, type Tensors } from "../../src/ops/index.ts";
import { formatType, sameType } from "../../src/tensor/index.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { isCases, takesBytes } from "../support/integers.ts";
import { differences } from "../support/compare.ts";
import { testDevice, testGpu } from "../support/device.ts";
import { checkGradient } from "../support/gradient-check.ts";
import { runVariant, variantsOf } from "../support/op-runner.ts";

const modules = import.meta.glob<Record<string, unknown>>("./*.cases.ts", { eager: true });
const files = Object.entries(modules).map(([path, exports]) => ({ path, suites: Object.values(exports).filter(isCases) }));
const suites = files.flatMap((f) => f.suites);

/** How many random cases an op: DOT4_FUZZ=1 means many, another number that many. Integers are promised to the bit, so they get more. */
function fuzz(integer: boolean): number {
  const wish = Number(process.env["DOT4_FUZZ"] ?? 0);
  if (wish > 1) return wish;
  return (integer ? 100 : 10) * (wish === 1 ? 10 : 1);
}
/** Set DOT4_SEED to the seed that a failure prints to run that random case alone. */
const only = process.env["DOT4_SEED"] === undefined ? undefined : Number(process.env["DOT4_SEED"]);
/** 1,000 cases, each with all variants to compile, on a software GPU that others use too. */
const TIMEOUT = 1_800_000;

let device: GPUDevice;
let info: DeviceInfo;
beforeAll(async () => {
  device = await testDevice();
  info = deviceInfo(device, (await testGpu()).wgslLanguageFeatures.has(packedDot));
});
afterAll(() => device.destroy());

/** Inference, the reference and every variant of one case; throws what is wrong, with the variant's name. */
async function check({ op, tolerance }: OpCases, c: OpCase, folded: boolean): Promise<void> {
  const attrs = { ...op.defaults, ...c.attrs };
  const inferred = op.infer(c.inputs, attrs, `${op.name} "case"`);
  const before = structuredClone(c.inputs);
  const expected = op.reference(c.inputs, attrs);
  const written = differences(c.inputs, before);
  if (written) throw new Error(`the reference writes its inputs: ${written}`);
  for (const name of op.outputs) {
    const [t, e] = [expected[name], inferred[name]];
    if (!t || !e || !sameType(t, e))
      throw new Error(`${name}: the reference gives ${t && formatType(t)}, infer says ${e && formatType(e)}`);
  }
  if (c.expected) {
    const d = differences(expected, c.expected, tolerance);
    if (d) throw new Error(`the reference does not give what the case expects: ${d}`);
  }
  const variants = variantsOf(op, c.inputs, attrs, info, folded);
  if (variants.length === 0) throw new Error("no variant applies");
  for (const { name, info: as, variant } of variants) {
    const actual = await runVariant(device, as, op, c.inputs, attrs, variant);
    const d = differences(actual, expected, tolerance);
    if (d) throw new Error(`variant ${name}: ${d}`);
  }
}

const outputsOf = (op: OpDef, c: OpCase): Tensors => op.reference(c.inputs, { ...op.defaults, ...c.attrs });

describe("op cases", () => {
  it("every op in the list has a cases file, and every cases file holds cases", () => {
    const tested = new Set(suites.map((s) => s.op.name));
    expect(Object.keys(ops).filter((name) => !tested.has(name))).toEqual([]);
    expect(files.filter((f) => f.suites.length === 0).map((f) => f.path)).toEqual([]);
  });
});

for (const suite of suites) {
  const { op } = suite;
  describe(op.name, () => {
    for (const c of suite.cases) it(c.name, () => check(suite, c, true));

    it(
      "random cases",
      async () => {
        const integer = takesBytes(suite) || Object.values(outputsOf(op, suite.random(new Random(0)))).every((t) => t.dtype !== "f32");
        const seeds = only === undefined ? Array.from({ length: fuzz(integer) }, (_, i) => i) : [only];
        for (const seed of seeds) {
          const c = suite.random(new Random(seed));
          await check(suite, c, false).catch((e: unknown) => {
            const inputs = Object.entries(c.inputs).map(([name, t]) => `${name} ${formatType(t)}`);
            throw new Error(`DOT4_SEED=${seed} (${inputs.join(", ")}; ${JSON.stringify(c.attrs ?? {})}): ${(e as Error).message}`, {
              cause: e,
            });
          });
        }
      },
      TIMEOUT,
    );

    const { differentiable, smooth = (c: OpCase) => c } = suite;
    if (differentiable)
      it(`gradient of ${differentiable.join(", ")}`, () => {
        suite.cases.forEach((c, i) => {
          try {
            checkGradient(op, smooth(c), differentiable, i, suite.outputs);
          } catch (e) {
            throw new Error(`case "${c.name}": ${(e as Error).message}`, { cause: e });
          }
        });
        for (let seed = 0; seed < 3; seed++)
          checkGradient(op, smooth(suite.random(new Random(seed, 1))), differentiable, seed, suite.outputs);
      });
  });
}
