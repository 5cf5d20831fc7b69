/**
 * Damaged models: bytes of real ones are changed, removed, inserted and moved, and what loading does is looked at: it ends, in
 * time, with a graph or a typed error, and holds no more memory than the file accounts for. DOT4_FUZZ=1: five times as many;
 * DOT4_SEED: that one alone.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Dot4Error } from "../../src/errors.ts";
import { Random } from "../../src/numerics/random.ts";
import { load } from "../../src/onnx/index.ts";
import { absolute } from "../support/sources.ts";
import { known, model, node } from "./refused.ts";

const MUTATIONS = Number(process.env["DOT4_FUZZ"] ?? 0) > 0 ? 100_000 : 20_000;
const only = process.env["DOT4_SEED"] === undefined ? undefined : Number(process.env["DOT4_SEED"]);

/** Without the bytes of large tensors most damage hits structure, which is where it tells. */
function files(): readonly Uint8Array[] {
  const folder = absolute("test/golden/models");
  const nets = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".onnx"));
  const small = model(
    [
      node("QuantizeLinear", ["x", "s", "z"], ["q"]),
      node("DequantizeLinear", ["q", "s", "z"], ["d"]),
      node("Conv", ["d", "w", "b"], ["c"], { pads: [1, 1, 1, 1], strides: [2, 2] }),
      node("MaxPool", ["c"], ["p"], { kernel_shape: [2, 2], auto_pad: "SAME_UPPER" }),
      node("Transpose", ["p"], ["t"], { perm: [0, 2, 3, 1] }),
      node("Reshape", ["t", "shape"], ["r"]),
      node("Gemm", ["r", "fc"], ["g"], { transB: 1 }),
      node("Add", ["g", "b"], ["y"]),
    ],
    [
      known("s", Float32Array.of(0.5), []),
      known("z", Uint8Array.of(3), []),
      known("w", new Float32Array(108), [3, 4, 3, 3]),
      known("b", new Float32Array(3)),
      known("shape", BigInt64Array.of(1n, -1n)),
      known("fc", new Float32Array(54), [3, 18]),
    ],
  );
  return [...nets.map((f) => new Uint8Array(readFileSync(`${folder}/${f}`))), ...Array<Uint8Array>(12).fill(small)];
}

/** Bytes that decide: ends of varints, large lengths, signs. */
const POINTED = [0, 1, 2, 7, 8, 0x0a, 0x12, 0x7f, 0x80, 0xff];

function damaged(r: Random, bytes: Uint8Array): Uint8Array {
  let result = bytes.slice();
  // Structure lies at both ends, for initializers stand between nodes and inputs.
  const place = (): number => {
    const near = r.int(0, Math.min(result.length - 1, 3000));
    return r.pick([near, result.length - 1 - near, r.int(0, result.length - 1)]);
  };
  for (let i = r.int(1, 4); i > 0 && result.length > 0; i--) {
    const at = place();
    const length = r.int(1, r.pick([1, 4, 64]));
    switch (r.int(0, 5)) {
      case 0:
        result[at]! ^= 1 << r.int(0, 7);
        break;
      case 1:
        result[at] = r.pick(POINTED);
        break;
      case 2:
        result[at] = r.int(0, 255);
        break;
      case 3:
        result = Uint8Array.from([...result.subarray(0, at), ...result.subarray(at + length)]);
        break;
      case 4: {
        const more = Array.from({ length }, () => r.pick(POINTED));
        const next = new Uint8Array(result.length + length);
        next.set(result.subarray(0, at));
        next.set(more, at);
        next.set(result.subarray(at), at + length);
        result = next;
        break;
      }
      default:
        result.copyWithin(at, place(), place());
    }
  }
  return result;
}

it(`${MUTATIONS} damaged models are loaded or refused, in time and in little memory`, { timeout: 1_800_000 }, () => {
  const all = files();
  const counts = new Map<string, number>();
  let [slowest, most] = [0, 0];
  const before = process.memoryUsage().rss;
  for (let seed = only ?? 0; seed < (only === undefined ? MUTATIONS : only + 1); seed++) {
    const r = new Random(seed);
    const bytes = damaged(r, all[seed % all.length]!);
    const start = performance.now();
    let outcome = "loaded";
    try {
      load(bytes, { integers: seed % 2 === 1 });
    } catch (error) {
      if (!(error instanceof Dot4Error)) throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      if (error.message.length > 4000) throw new Error(`seed ${seed}: a message of ${error.message.length} characters`, { cause: error });
      outcome = error.name;
    }
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    const took = performance.now() - start;
    if (took > 1000) throw new Error(`seed ${seed}: took ${took.toFixed(0)} ms`);
    slowest = Math.max(slowest, took);
    if (seed % 100 === 0) most = Math.max(most, process.memoryUsage().rss - before);
  }
  const figures = [...counts].map(([name, count]) => `${name} ${count}`).join(", ");
  console.log(`${figures}; slowest ${slowest.toFixed(0)} ms, at most ${(most / 1e6).toFixed(0)} MB more`);
  expect(most).toBeLessThan(1_000_000_000);
  if (only === undefined) expect([...counts.keys()]).toEqual(expect.arrayContaining(["loaded", "DataError", "GraphError", "ShapeError"]));
});
