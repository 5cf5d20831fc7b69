/** Runs the golden cases of a folder on backends and counts: passed, failed, refused. */
import type { Backend } from "../../src/backend/backend.ts";
import type { Adapters, Results } from "./evaluate.ts";
import { caseWhere, Refused, tensorOf, type GoldenCase } from "./golden-case.ts";
import { checkFolder, countCases, loadTopic, topicsIn } from "./load.ts";
import { compare } from "./tolerance.ts";
import { fakeQuant } from "./topics/fake-quant.ts";
import { floatOps } from "./topics/float-ops.ts";
import { models } from "./topics/models.ts";
import { observers } from "./topics/observers.ts";
import { onnxNodes } from "./topics/onnx-nodes.ts";
import { quantizedOps } from "./topics/quantized-ops.ts";
import { tfliteOps } from "./topics/tflite-ops.ts";

/** The topics that a golden folder must have, and what runs them. */
export const topics = new Map<string, Adapters>([
  ["fake_quant", fakeQuant],
  ["observers", observers],
  ["float_ops", floatOps],
  ["quantized_ops", quantizedOps],
  ["tflite_ops", tfliteOps],
  ["onnx_nodes", onnxNodes],
  ["models", models],
]);

/** Topics that list no cases, as there are no vectors in them: what they hold, and what measures the like. */
const figures = new Map([
  [
    "baselines",
    "accuracies of PyTorch's nets, no vectors: `npm start -- --net digits|bn3|mobilenet --data MNIST` trains such nets and prints theirs",
  ],
]);

export interface Line {
  readonly topic: string;
  readonly op: string;
  readonly backend: string;
  passed: number;
  failed: number;
  refused: number;
}

export interface Report {
  readonly lines: readonly Line[];
  /** One line each: case, backend, what is wrong. */
  readonly failures: readonly string[];
  /** Reason -> how many cases were refused whole. */
  readonly refusals: ReadonlyMap<string, number>;
  /** Reason -> how many outputs of otherwise compared cases were left out. */
  readonly outputRefusals: ReadonlyMap<string, number>;
  /** Topics that hold nothing to compare with: what they are for. */
  readonly notes: readonly string[];
  /** Topics that could not be read. */
  readonly broken: readonly string[];
}

export interface Options {
  readonly folder: string;
  readonly backends: readonly Backend[];
  /** Only these topics and ops, for debugging. */
  readonly topic?: string | undefined;
  readonly op?: string | undefined;
}

export type Verdict = { readonly kind: "passed" | "failed" | "refused"; readonly why: readonly string[]; readonly left: readonly string[] };

/** @throws DataError when the folder is not there; what is wrong inside it goes into the report. */
export async function runGolden(options: Options): Promise<Report> {
  checkFolder(options.folder);
  const lines: Line[] = [];
  const failures: string[] = [];
  const notes: string[] = [];
  const broken: string[] = [];
  const refusals = new Map<string, number>();
  const outputRefusals = new Map<string, number>();
  const count = (table: Map<string, number>, key: string, by = 1): unknown => table.set(key, (table.get(key) ?? 0) + by);
  for (const [topic, adapters] of topics) {
    if (options.topic !== undefined && options.topic !== topic) continue;
    let cases: readonly GoldenCase[];
    try {
      cases = loadTopic(options.folder, topic);
    } catch (error) {
      broken.push(`${topic}: ${messageOf(error)}`);
      continue;
    }
    for (const [op, group] of groupByOp(cases)) {
      if (options.op !== undefined && options.op !== op) continue;
      for (const backend of options.backends) {
        const line: Line = { topic, op, backend: backend.kind, passed: 0, failed: 0, refused: 0 };
        for (const c of group) {
          const verdict = await runCase(c, adapters, backend);
          line[verdict.kind]++;
          if (verdict.kind === "failed") failures.push(...verdict.why.map((w) => `${backend.kind} ${caseWhere(c)}: ${w}`));
          else if (verdict.kind === "refused") count(refusals, `${topic} ${op}: ${verdict.why.join("; ")}`);
          for (const left of verdict.left) count(outputRefusals, `${topic} ${op} ${left}`);
        }
        lines.push(line);
      }
    }
  }
  // Whatever else the folder holds is refused aloud, so that the totals are of all there is.
  for (const topic of topicsIn(options.folder)) {
    if (topics.has(topic) || (options.topic !== undefined && options.topic !== topic)) continue;
    try {
      const cases = countCases(options.folder, topic);
      const figure = figures.get(topic);
      if (cases.size === 0 && figure !== undefined) notes.push(`${topic}: ${figure}`);
      else if (cases.size === 0) cases.set("-", 1);
      for (const [op, refused] of cases) {
        if (options.op !== undefined && options.op !== op) continue;
        for (const backend of options.backends) {
          lines.push({ topic, op, backend: backend.kind, passed: 0, failed: 0, refused });
          count(refusals, `${topic}: the topic is not offered`, refused);
        }
      }
    } catch (error) {
      broken.push(`${topic}: ${messageOf(error)}`);
    }
  }
  return { lines, failures, refusals, outputRefusals, notes, broken };
}

function groupByOp(cases: readonly GoldenCase[]): ReadonlyMap<string, readonly GoldenCase[]> {
  const groups = new Map<string, GoldenCase[]>();
  for (const c of cases) groups.set(c.op, [...(groups.get(c.op) ?? []), c]);
  return groups;
}

const messageOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));

/** One case on one backend. */
export async function runCase(c: GoldenCase, adapters: Adapters, backend: Backend): Promise<Verdict> {
  try {
    const adapter = adapters.get(c.op);
    if (!adapter) throw new Refused("the op is not offered");
    if ([...c.outputs.keys()].every((role) => c.tolerance.get(role)!.kind === "information"))
      throw new Refused("every output is for information only");
    return judge(c, await adapter(c, backend));
  } catch (error) {
    if (error instanceof Refused) return { kind: "refused", why: [error.message], left: [] };
    return { kind: "failed", why: [messageOf(error)], left: [] };
  }
}

/** Compares every output that the golden data gives a tolerance for; a role that nobody named is left out aloud. */
function judge(c: GoldenCase, results: Results): Verdict {
  const wrong: string[] = [];
  const left: string[] = [];
  let compared = 0;
  for (const [role, name] of c.outputs) {
    const tolerance = c.tolerance.get(role)!;
    if (tolerance.kind === "information" || results.aidRoles?.includes(role)) continue;
    const got = Object.hasOwn(results.outputs, role) ? results.outputs[role] : undefined;
    if (!got) {
      left.push(`${role}: ${results.refused?.[role] ?? "the output is not known"}`);
      continue;
    }
    compared++;
    const problem = compare(got, tensorOf(c, name), tolerance, results.aidsOf?.[role] ?? results.aids);
    if (problem !== undefined) wrong.push(`${role} ${problem}`);
  }
  if (wrong.length > 0) return { kind: "failed", why: wrong, left };
  if (compared === 0) return { kind: "refused", why: left, left: [] };
  return { kind: "passed", why: [], left };
}

/** True when nothing failed, every topic was read and something was compared. */
export const isGreen = (report: Report): boolean =>
  report.failures.length === 0 && report.broken.length === 0 && report.lines.some((l) => l.passed > 0);
