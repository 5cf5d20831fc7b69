/**
 * Reads the topic models: trained nets as ONNX files, with ONNX Runtime's logits of some images, and the inner values of the
 * first of them (traces) for some models.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../../src/errors.ts";
import { tensor, type Tensor } from "../../src/tensor/index.ts";
import type { GoldenCase } from "./golden-case.ts";
import { readSafetensors } from "./safetensors.ts";
import { parseTolerance, type Tolerance } from "./tolerance.ts";
import { REMEDY } from "./remedy.ts";

interface Entry {
  readonly model: string;
  readonly ops: Readonly<Record<string, number>>;
  readonly tolerance: unknown;
}

const isEntry = (e: unknown): e is Entry => {
  const { model, ops } = e as Readonly<Record<string, unknown>>;
  return typeof model === "string" && /^\w+\/\w+\.onnx$/.test(model) && typeof ops === "object" && ops !== null;
};

/** One case a model, of the op `float`, `qdq`, `qop` or `dynamic`; outputs are `logits` and `trace NAME`. */
export function readModels(folder: string, nets: readonly unknown[]): readonly GoldenCase[] {
  const entries = nets.flatMap((net) => (net as { models?: readonly unknown[] }).models ?? []);
  const expected = new Map<string, ReadonlyMap<string, Tensor>>();
  return entries.map((entry, i) => {
    if (typeof entry !== "object" || entry === null || !isEntry(entry))
      throw new DataError({ code: "bad-case", where: `models.json models[${i}]`, problem: "is no model", remedy: REMEDY });
    const [net, file] = entry.model.split("/") as [string, string];
    const path = join(folder, "models", net, "expected.safetensors");
    if (!expected.has(net)) expected.set(net, readSafetensors(readFileSync(path), path));
    return modelCase(folder, entry, file.replace(".onnx", ""), expected.get(net)!);
  });
}

function modelCase(folder: string, entry: Entry, stem: string, all: ReadonlyMap<string, Tensor>): GoldenCase {
  const path = join(folder, "models", entry.model);
  if (!existsSync(path)) throw new DataError({ code: "missing-file", where: path, problem: "cannot be read", remedy: REMEDY });
  const logits = `${stem}.logits`;
  if (!all.has(logits) || !all.has("images"))
    throw new DataError({
      code: "missing-tensor",
      where: entry.model,
      problem: "expected.safetensors lacks its logits or images",
      remedy: REMEDY,
    });
  const traces = [...all.keys()].filter((name) => name.startsWith(`${stem}.trace/`));
  const outputs = new Map([["logits", logits], ...traces.map((name) => [`trace ${name.slice(stem.length + 7)}`, name] as const)]);
  const kind = stem.split("_")[0]!;
  const tolerance = new Map<string, Tolerance>([["logits", parseTolerance(entry.tolerance, `models.json ${entry.model}`)]]);
  for (const [role, name] of outputs) if (role !== "logits") tolerance.set(role, traceTolerance(kind, entry.ops, all.get(name)!));
  return {
    topic: "models",
    name: entry.model,
    tag: kind,
    op: kind,
    attrs: new Map([["model", new Uint8Array(readFileSync(path))]]),
    inputs: new Map([["images", "images"]]),
    outputs,
    tolerance,
    tensors: all,
  };
}

/**
 * Integer layers give ONNX Runtime's bits, but its sums of two tensors, which are of f32, differ at near ties. Float
 * convolutions between integers flip some of them by a step, which is why floats there are only to be seen by.
 */
function traceTolerance(kind: string, ops: Entry["ops"], t: Tensor): Tolerance {
  if (kind === "float") return { kind: "close", rtol: 1e-4, atol: 1e-4 };
  const isInteger = t.dtype === "i8" || t.dtype === "u8";
  if (kind === "qop" && Object.keys(ops).some((op) => /QLinear(Add|Mul|Concat|Sigmoid|LeakyRelu)$/.test(op)))
    return isInteger ? { kind: "offBy", offBy: 1, fraction: 0.005 } : { kind: "information" };
  if (kind === "qop") return { kind: "exact" };
  return isInteger ? { kind: "offBy", offBy: 1, fraction: 0.02 } : { kind: "information" };
}

/** The pixels as the nets take them: f32 of 0 to 1. */
export const pixels = ({ shape, data }: Tensor, count = shape[0]!): Tensor<"f32"> => {
  const length = (data.length / shape[0]!) * count;
  return tensor(
    "f32",
    [count, ...shape.slice(1)],
    Float32Array.from(data.subarray(0, length), (v) => v / 255),
  );
};
