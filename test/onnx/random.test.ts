/**
 * Well-formed models of random operators with random attributes and operands, most of which do not fit: loading ends with a
 * typed error, or with a graph that runs. DOT4_FUZZ=1: ten times as many; DOT4_SEED: that one alone.
 */
import { expect, it } from "vitest";
import { cpu } from "../../src/backend/cpu/index.ts";
import { Dot4Error } from "../../src/errors.ts";
import type { Graph } from "../../src/graph/index.ts";
import { Random } from "../../src/numerics/random.ts";
import type { Spec } from "../../src/onnx/attributes.ts";
import { load } from "../../src/onnx/index.ts";
import type { Operator } from "../../src/onnx/operator.ts";
import { operators } from "../../src/onnx/operators/index.ts";
import { numel, zeros } from "../../src/tensor/index.ts";
import { onnxModel, type AttributeValue, type Initializer, type OnnxNode } from "../support/onnx.ts";
import { known } from "./refused.ts";

const MODELS = Number(process.env["DOT4_FUZZ"] ?? 0) > 0 ? 30_000 : 3_000;
const only = process.env["DOT4_SEED"] === undefined ? undefined : Number(process.env["DOT4_SEED"]);

const NUMBERS = [0, 1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 10, -1, -2, -5, 99, 2 ** 31, -(2 ** 31), 2 ** 53];
const TEXTS = [
  "NOTSET",
  "SAME_UPPER",
  "SAME_LOWER",
  "VALID",
  "constant",
  "edge",
  "reflect",
  "nearest",
  "linear",
  "floor",
  "asymmetric",
  "zz",
];

/** Operands of every type and of shapes that go together now and then. */
const OPERANDS: readonly Initializer[] = [
  known("weight", new Float32Array(144).fill(0.5), [4, 4, 3, 3]),
  known("narrow", new Float32Array(16).fill(-1), [4, 4, 1, 1]),
  known("matrix", new Float32Array(24), [4, 6]),
  known("channels", Float32Array.of(1, 2, 3, 4)),
  known("row", new Float32Array(6)),
  known("one", Float32Array.of(0.5), []),
  known("single", Float32Array.of(-2)),
  known("empty", new Float32Array(0)),
  known("bytes", new Int8Array(144).fill(3), [4, 4, 3, 3]),
  known("ubytes", new Uint8Array(24).fill(130), [6, 4]),
  known("zero", Int8Array.of(1), []),
  known("uzero", Uint8Array.of(128), []),
  known("zeros", new Int8Array(4)),
  known("sums", Int32Array.of(1, 2, 3, 4)),
  known("shape", BigInt64Array.of(1n, -1n)),
  known("axes", BigInt64Array.of(2n)),
  known("pads", BigInt64Array.of(0n, 0n, 1n, 1n, 0n, 0n, 1n, 1n)),
  known("huge", BigInt64Array.of(2n ** 62n)),
  known("scales", Float32Array.of(1, 1, 2, 2)),
];
const INPUTS = [
  { name: "x", type: "f32", dims: [1, 4, 5, 6] },
  { name: "batch", type: "f32", dims: ["n", 4, 5, 6] },
  { name: "flat", type: "f32", dims: [3, 4] },
  { name: "q", type: "i8", dims: [1, 4, 5, 6] },
  { name: "u", type: "u8", dims: ["n", 4, 5, 6] },
  { name: "i", type: "i32", dims: [2, 4] },
] as const;

function randomAttribute(r: Random, { kind }: Spec): AttributeValue | undefined {
  if (r.int(0, 2) === 0) return undefined;
  if (kind === "int") return r.pick(NUMBERS);
  if (kind === "ints") return r.int(0, 2) === 0 ? Array.from({ length: r.int(0, 8) }, () => r.pick(NUMBERS)) : r.pick([[1, 1], [2, 2], [3, 3], [1, 1, 1, 1], [0, 2, 3, 1]]); // prettier-ignore
  if (kind === "float") return { float: r.pick([0, 1, 0.5, -1, 1e-5, Infinity, NaN]) };
  if (kind === "text") return r.pick(TEXTS);
  return kind === "tensor" ? { tensor: r.pick(OPERANDS) } : undefined;
}

/** The operators as a model of this operator set has them. */
const latest = (opset: number): readonly Operator[] =>
  operators.filter((o) => {
    const later = (p: Operator): boolean => p.type === o.type && (p.since ?? 1) <= opset && (p.since ?? 1) > (o.since ?? 1);
    return o.domain ? true : (o.since ?? 1) <= opset && !operators.some(later);
  });

function randomModel(r: Random): Uint8Array {
  const values = [...OPERANDS.map((o) => o.name), ...Array.from({ length: 4 }, () => INPUTS.map((i) => i.name)).flat()];
  const opset = r.pick([6, 9, 11, 13, 17, 21, 25]);
  const nodes: OnnxNode[] = [];
  for (let n = r.int(1, 5); n > 0; n--) {
    const operator = r.pick(latest(opset));
    const [least, most] = operator.inputs;
    const last = nodes.at(-1)?.outputs[0];
    const inputs = Array.from({ length: r.int(least, Math.min(most, least + 4)) }, (_, i) =>
      last !== undefined && i === 0 && r.int(0, 3) > 0 ? last : r.pick([...values, ...(i >= least ? [""] : [])]),
    );
    const attributes = Object.entries(operator.attributes).flatMap(([name, spec]) => {
      const value = randomAttribute(r, spec);
      return value === undefined ? [] : [[name, value] as const];
    });
    const outputs = Array.from({ length: r.int(1, Math.min(4, operator.outputs ?? 1)) }, (_, i) => `v${nodes.length}.${i}`);
    nodes.push({
      op: operator.type,
      inputs,
      outputs,
      attributes: Object.fromEntries(attributes),
      ...(operator.domain && { domain: operator.domain }),
    });
    values.push(...outputs, ...outputs);
  }
  const output = { name: nodes.at(-1)!.outputs[0]!, type: "f32", dims: [] } as const;
  return onnxModel({ nodes, initializers: OPERANDS, inputs: INPUTS, outputs: [output], opset });
}

/** Small enough to be run in no time. */
const isSmall = (graph: Graph): boolean =>
  [...graph.types.values()].reduce((sum, t) => sum + numel(t.shape.map((d) => (typeof d === "number" ? d : 2))), 0) < 100_000;

it(`${MODELS} random models are refused, or run`, { timeout: 1_800_000 }, async () => {
  const backend = cpu();
  const counts = new Map<string, number>();
  for (let seed = only ?? 0; seed < (only === undefined ? MODELS : only + 1); seed++) {
    const bytes = randomModel(new Random(seed));
    const start = performance.now();
    let outcome = "ran";
    try {
      const graph = load(bytes, { integers: seed % 2 === 1 });
      if (isSmall(graph)) {
        const feeds = graph.inputs.map((name) => {
          const { dtype, shape } = graph.types.get(name)!;
          return [name, zeros(dtype, shape.map((d) => (typeof d === "number" ? d : 2)))] as const; // prettier-ignore
        });
        using run = await backend.compile(graph);
        await run(Object.fromEntries(feeds));
      } else outcome = "loaded";
    } catch (error) {
      if (!(error instanceof Dot4Error)) throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      outcome = `${error.name} ${error.code}`;
    }
    if (performance.now() - start > 2000) throw new Error(`seed ${seed}: took ${(performance.now() - start).toFixed(0)} ms`);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  console.log([...counts].sort((a, b) => b[1] - a[1]).map(([what, count]) => `${what} ${count}`).join(", ")); // prettier-ignore
  if (only === undefined) expect(counts.get("ran")).toBeGreaterThan(MODELS / 30);
});
