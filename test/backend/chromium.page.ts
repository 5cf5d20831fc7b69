/// <reference types="vite/client" />
/** In the browser: op cases on its GPU against the references, random graphs against the interpreter, and a lost device. */
import fc from "fast-check";
import { cpu } from "../../src/backend/cpu/index.ts";
import { deviceInfo, packedDot } from "../../src/backend/webgpu/info.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { Dot4Error } from "../../src/errors.ts";
import { Random } from "../../src/numerics/random.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { differences } from "../support/compare.ts";
import { runVariant, variantsOf } from "../support/op-runner.ts";
import { grow, inputsOf, recipe } from "./graphs.ts";

const modules = import.meta.glob<Record<string, unknown>>("../ops/*.cases.ts", { eager: true });
const isCases = (v: unknown): v is OpCases => typeof v === "object" && v !== null && "op" in v && "cases" in v && "random" in v;

interface Report {
  readonly adapter: string;
  readonly warnings: readonly string[];
  /** Ops whose outputs are all integers, with the number of their cases. */
  readonly cases: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
  readonly lost: string;
  readonly buffersAfter: number;
}

export default async function page({ random, graphs }: { random: number; graphs: number }): Promise<Report> {
  const failures: string[] = [];
  const warnings: string[] = [];
  const cases = await integerOps(random, failures);

  const backend = await webgpu({ onWarning: (m) => warnings.push(m) });
  await fc.assert(
    fc.asyncProperty(recipe(12), async (wishes) => {
      const graph = grow(wishes);
      using actual = await backend.compile(graph);
      using expected = await cpu().compile(graph);
      for (let run = 0; run < 2; run++) {
        const d = differences(await actual(inputsOf(run)), await expected(inputsOf(run)));
        if (d) throw new Error(d);
      }
    }),
    { seed: 12, numRuns: graphs },
  );
  const buffersAfter = backend.memory().buffers;
  const adapter = backend.name;
  backend.dispose();
  return { adapter, warnings, cases, failures, lost: await loseDevice(), buffersAfter };
}

async function integerOps(random: number, failures: string[]): Promise<Record<string, number>> {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter!.requestDevice();
  const info = deviceInfo(device, navigator.gpu.wgslLanguageFeatures.has(packedDot));
  const counts: Record<string, number> = {};
  for (const { op, cases, random: draw } of Object.values(modules).flatMap((m) => Object.values(m).filter(isCases))) {
    const drawn = Array.from({ length: random }, (_, seed): OpCase => ({ ...draw(new Random(seed)), name: `random ${seed}` }));
    for (const c of [...cases, ...drawn]) {
      const attrs = { ...op.defaults, ...c.attrs };
      const expected = op.reference(c.inputs, attrs);
      if (Object.values(expected).some((t) => t.dtype === "f32")) continue;
      counts[op.name] = (counts[op.name] ?? 0) + 1;
      for (const { name, info: as, variant } of variantsOf(op, c.inputs, attrs, info, false)) {
        const d = await runVariant(device, as, op, c.inputs, attrs, variant).then(
          (actual) => differences(actual, expected),
          (e: Error) => e.message,
        );
        if (d) failures.push(`${op.name}, ${c.name}, ${name}: ${d}`);
      }
    }
  }
  device.destroy();
  return counts;
}

/** The code of the error that a run gets whose device is destroyed under it. */
async function loseDevice(): Promise<string> {
  const { gpu } = navigator;
  let device: GPUDevice | undefined;
  const requestAdapter = async (options?: GPURequestAdapterOptions): Promise<GPUAdapter | null> => {
    const adapter = await gpu.requestAdapter(options);
    const requestDevice = adapter!.requestDevice.bind(adapter);
    adapter!.requestDevice = async (d) => (device = await requestDevice(d));
    return adapter;
  };
  const watched: Pick<GPU, "requestAdapter" | "wgslLanguageFeatures"> = { requestAdapter, wgslLanguageFeatures: gpu.wgslLanguageFeatures };
  const backend = await webgpu({ gpu: watched as GPU, onWarning: () => undefined });
  const graph = grow({ states: [], nodes: [{ op: 0, a: 0, b: 0 }], updates: [], outputs: [0], young: true });
  const run = await backend.compile(graph);
  await run(inputsOf(0));
  const pending = run(inputsOf(1)).then(
    () => "no error",
    (e: unknown) => (e instanceof Dot4Error ? e.code : String(e)),
  );
  device!.destroy();
  return pending;
}
