/**
 * The golden data in the repository on the CPU and the GPU, and that the comparison itself
 * finds what is wrong. `npm run test:golden` prints what passed and what was refused.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../src/backend/backend.ts";
import { cpu } from "../src/backend/cpu/index.ts";
import { webgpu } from "../src/backend/webgpu/index.ts";
import { DataError } from "../src/errors.ts";
import { allocate, tensor, type Tensor } from "../src/tensor/index.ts";
import type { GoldenCase } from "./golden-runner/golden-case.ts";
import { loadTopic } from "./golden-runner/load.ts";
import { formatReport } from "./golden-runner/report.ts";
import { isGreen, runCase, runGolden, topics, type Report } from "./golden-runner/runner.ts";
import { testGpu } from "./support/device.ts";
import { absolute } from "./support/sources.ts";

const folder = absolute("test/golden");

/** Of tests that run it all: half a minute alone; a software GPU shares its cores with whatever else runs. */
const TIMEOUT = 300_000;

let backends: readonly Backend[];
beforeAll(async () => {
  backends = [cpu(), await webgpu({ gpu: await testGpu() })];
});
afterAll(() => backends.forEach((b) => b.dispose()));

describe("golden data", () => {
  let report: Report;
  beforeAll(async () => {
    report = await runGolden({ folder, backends });
  }, TIMEOUT);

  it("nothing fails", () => {
    expect(report.failures).toEqual([]);
    expect(report.broken).toEqual([]);
  });

  it("every op that is offered passes a case on the CPU and on the GPU", () => {
    const offered = [...topics].flatMap(([topic, adapters]) => [...adapters.keys()].map((op) => `${topic} ${op}`));
    const passed = new Set(report.lines.filter((l) => l.passed > 0).map((l) => `${l.topic} ${l.op} ${l.backend}`));
    const missing = offered.flatMap((o) => [`${o} cpu`, `${o} webgpu`]).filter((line) => !passed.has(line));
    expect(missing).toEqual([]);
  });

  it("nothing is refused but histogram observers and what is for information only", () => {
    const reasons = [...report.refusals.keys()].filter((reason) => !reason.endsWith("every output is for information only"));
    expect(reasons).toEqual(["observers HistogramObserver: the op is not offered"]);
    expect(formatReport(report)).toContain("  88  observers HistogramObserver: the op is not offered");
  });

  it("what no op returns is left out aloud", () => {
    expect([...new Set([...report.outputRefusals.keys()].map((line) => line.split(" ").slice(2).join(" ")))]).toEqual([
      "y: PyTorch's rule rint(fma(x, 1 / s, z)), of one rounding before rint, is not offered by the arithmetic contract",
    ]);
  });
});

describe("the comparison", () => {
  /** The case with another expectation: the middle element of an output is off by 3. */
  function damaged(c: GoldenCase, role: string): GoldenCase {
    const name = c.outputs.get(role)!;
    const t = c.tensors.get(name)!;
    const data = allocate(t.dtype, t.data.length);
    data.set(t.data);
    // Of a double by 3 in the exponent: its low word may be within the tolerance.
    const isDouble = c.tolerance.get(role)!.kind === "closeDoubles";
    const middle = (data.length >> 1) | Number(isDouble);
    const step = isDouble ? 3 * 2 ** 20 : 3;
    data[middle] = data[middle]! > 0 ? data[middle]! - step : data[middle]! + step;
    const tensors = new Map<string, Tensor>([...c.tensors, [name, tensor(t.dtype, t.shape, data)]]);
    return { ...c, tensors };
  }

  it.each([...topics.keys()])("%s: finds one wrong element in any output that it compares", async (topic) => {
    const adapters = topics.get(topic)!;
    const [backend] = backends as [Backend];
    const seen = new Set<string>();
    for (const c of loadTopic(folder, topic)) {
      if (seen.has(c.op)) continue;
      const verdict = await runCase(c, adapters, backend);
      if (verdict.kind !== "passed") continue;
      seen.add(c.op);
      const left = new Set(verdict.left.map((l) => l.split(":")[0]!));
      for (const [role, name] of c.outputs) {
        // Aids of a comparison, and what it says it leaves out.
        if (
          left.has(role) ||
          role === "exact_pre" ||
          c.tolerance.get(role)!.kind === "information" ||
          c.tensors.get(name)!.data.length === 0
        )
          continue;
        expect(await runCase(damaged(c, role), adapters, backend), `${c.name} ${c.op} ${role}`).toMatchObject({ kind: "failed" });
      }
    }
    expect(seen.size).toBeGreaterThan(0);
  });

  it("a case with an attribute, input or output that nobody knows is not taken for one without", async () => {
    const [backend] = backends as [Backend];
    const c = loadTopic(folder, "float_ops").find((c) => c.op === "linear")!;
    const run = (change: Partial<GoldenCase>): Promise<unknown> => runCase({ ...c, ...change }, topics.get("float_ops")!, backend);
    expect(await run({})).toMatchObject({ kind: "passed" });
    expect(await run({ attrs: new Map([["transposed", true]]) })).toEqual({
      kind: "refused",
      why: ["attribute transposed is not known"],
      left: [],
    });
    expect(await run({ inputs: new Map([...c.inputs, ["mask", c.inputs.get("x")!]]) })).toMatchObject({ kind: "refused" });
    const outputs = new Map([...c.outputs, ["dmask", c.outputs.get("dx")!]]);
    const tolerance = new Map([...c.tolerance, ["dmask", { kind: "exact" } as const]]);
    expect(await run({ outputs, tolerance })).toMatchObject({ kind: "passed", left: ["dmask: the output is not known"] });
  });
});

describe("a golden folder", () => {
  const temporary = mkdtempSync(join(tmpdir(), "dot4-golden-"));
  afterAll(() => rmSync(temporary, { recursive: true, force: true }));
  const only = { backends: [] as readonly Backend[] };

  it("that is not there is a typed error", async () => {
    await expect(runGolden({ ...only, folder: join(temporary, "gone") })).rejects.toThrow(DataError);
  });

  it(
    "with topics of other kinds counts them as refused, line by line",
    async () => {
      cpSync(folder, temporary, { recursive: true });
      for (const [topic, json] of [
        ["calibration", '{"cases": [{"op": "kl"}, {"op": "entropy"}, {"op": "kl"}, 7]}'],
        ["other_nodes", '{"tests": [{"op": "Conv"}, 2, 3]}'],
        ["other_models", '{"nets": [{"models": [1, 2]}, {"models": [3]}, 4]}'],
        ["unheard_of", '{"nets": {}}'],
      ] as const)
        writeFileSync(join(temporary, `${topic}.json`), json);
      const report = await runGolden({ backends: [cpu(), cpu()], folder: temporary });
      expect(report.broken).toEqual([]);
      const later = report.lines.filter((l) => !topics.has(l.topic));
      expect(later.map((l) => [l.topic, l.op, l.passed, l.failed, l.refused])).toEqual(
        [
          ["calibration", "kl", 0, 0, 2],
          ["calibration", "entropy", 0, 0, 1],
          ["calibration", "-", 0, 0, 1],
          ["other_models", "-", 0, 0, 3],
          ["other_nodes", "-", 0, 0, 3],
          ["unheard_of", "-", 0, 0, 1],
        ].flatMap((line) => [line, line]),
      );
      expect(report.refusals.get("calibration: the topic is not offered")).toBe(8);
      const refused = report.lines.reduce((sum, l) => sum + l.refused, 0);
      expect(formatReport(report)).toContain(` 0 failed, ${refused} refused`);
      for (const { topic } of later) rmSync(join(temporary, `${topic}.json`), { force: true });
    },
    TIMEOUT,
  );

  it("with accuracies alone says what they are for, and counts them as nothing; cases under that name are cases", async () => {
    cpSync(folder, temporary, { recursive: true });
    const path = join(temporary, "baselines.json");
    writeFileSync(path, '{"topic": "baselines", "nets": {"a_digits": {"fp32": {"mean": 0.9753}}}}');
    const report = await runGolden({ backends: [cpu()], folder: temporary, topic: "baselines" });
    expect([report.lines, report.broken, [...report.refusals]]).toEqual([[], [], []]);
    expect(formatReport(report)).toMatch(/not compared:\n {2}baselines: accuracies .*, no vectors: `npm start -- --net /);
    expect(isGreen(report)).toBe(false);
    writeFileSync(path, '{"cases": [{"op": "conv2d"}]}');
    const listed = await runGolden({ backends: [cpu()], folder: temporary, topic: "baselines" });
    expect([listed.notes, listed.lines.map((l) => l.refused)]).toEqual([[], [1]]);
    rmSync(path);
  });

  it(
    "without a topic, with half a tensor file or with broken JSON is reported and not green",
    async () => {
      cpSync(folder, temporary, { recursive: true });
      rmSync(join(temporary, "observers.json"));
      truncateSync(join(temporary, "float_ops.safetensors"), readFileSync(join(temporary, "float_ops.safetensors")).length >> 1);
      truncateSync(join(temporary, "fake_quant.json"), 100);
      const report = await runGolden({ backends: [cpu()], folder: temporary });
      expect(report.broken.map((b) => b.split(" ").slice(0, 2).join(" ")).sort()).toEqual([
        "fake_quant: DataError:",
        "float_ops: DataError:",
        "observers: DataError:",
      ]);
      expect(report.failures).toEqual([]);
      expect(isGreen(report)).toBe(false);
    },
    TIMEOUT,
  );
});
