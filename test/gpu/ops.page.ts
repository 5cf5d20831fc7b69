/// <reference types="vite/client" />
/** Random cases of the integer ops in a browser: the kernels that it would run against the reference, to the bit. */
import { deviceInfo, packedDot } from "../../src/backend/webgpu/info.ts";
import { Random } from "../../src/numerics/random.ts";
import { differences } from "../support/compare.ts";
import { isCases, takesBytes } from "../support/integers.ts";
import { runVariant, variantsOf } from "../support/op-runner.ts";

const modules = import.meta.glob<Record<string, unknown>>("../ops/*.cases.ts", { eager: true });

export interface Report {
  /** Cases that were run, by op. */
  readonly cases: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
}

/** `every`: every variant that applies, not just the one that this device would take. */
export default async function run({ count, every }: { count: number; every: boolean }): Promise<Report> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error("no adapter");
  const device = await adapter.requestDevice();
  const info = deviceInfo(device, navigator.gpu.wgslLanguageFeatures.has(packedDot));
  const cases: Record<string, number> = {};
  const failures: string[] = [];
  const suites = Object.values(modules).flatMap((m) => Object.values(m).filter(isCases));
  for (const { op, random, tolerance } of suites.filter(takesBytes)) {
    cases[op.name] = 0;
    for (let seed = 0; seed < count; seed++) {
      // Another stream than the cases in Node: these are other cases.
      const c = random(new Random(seed, 3));
      const attrs = { ...op.defaults, ...c.attrs };
      const expected = op.reference(c.inputs, attrs);
      const taken = op.kernel(c.inputs, attrs, info).find((v) => v.when !== false)!;
      const variants = every ? variantsOf(op, c.inputs, attrs, info, false) : [{ name: taken.name, info, variant: taken }];
      for (const { name, info: as, variant } of variants) {
        const wrong = await runVariant(device, as, op, c.inputs, attrs, variant).then(
          (actual) => differences(actual, expected, tolerance),
          (error: unknown) => String(error),
        );
        if (wrong !== undefined) failures.push(`${op.name}, seed ${seed}, variant ${name}: ${wrong}`);
      }
      cases[op.name]!++;
    }
  }
  device.destroy();
  return { cases, failures };
}
