/** Reads the topic onnx_nodes: the ONNX project's own tests of single operators, a folder each with model.onnx and .pb files. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DataError, Dot4Error } from "../../src/errors.ts";
import type { ElementType } from "../../src/onnx/elements.ts";
import { readModel } from "../../src/onnx/model.ts";
import { readTensor, toTensor } from "../../src/onnx/tensor.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import type { GoldenCase } from "./golden-case.ts";
import { readSafetensors } from "./safetensors.ts";
import type { Tolerance } from "./tolerance.ts";
import { REMEDY } from "./remedy.ts";

interface Entry {
  readonly name: string;
  readonly op: string;
  readonly data_sets: number;
  readonly rtol: number;
  readonly atol: number;
}

const isEntry = (e: unknown): e is Entry => {
  const v = e as Readonly<Record<string, unknown>>;
  const texts = [v["name"], v["op"]].every((t) => typeof t === "string" && /^[\w+-]+$/.test(t));
  return texts && [v["data_sets"], v["rtol"], v["atol"]].every((n) => typeof n === "number" && n >= 0);
};

/** The files of the tests by path, `test_relu/model.onnx`: a folder of folders, or one safetensors file of bytes. */
type Files = (path: string) => Uint8Array | undefined;

function filesOf(folder: string): Files {
  const packed = join(folder, "onnx_nodes.safetensors");
  if (!existsSync(packed)) {
    const at = (path: string): string => join(folder, "onnx_nodes", path);
    return (path) => (existsSync(at(path)) ? new Uint8Array(readFileSync(at(path))) : undefined);
  }
  const files = readSafetensors(readFileSync(packed), packed);
  return (path) => files.get(path)?.data as Uint8Array | undefined;
}

/** One case for each set of data. Attribute `model` holds the file; attribute `unread` why a tensor could not be read. */
export function readOnnxNodes(folder: string, tests: readonly unknown[]): readonly GoldenCase[] {
  const files = filesOf(folder);
  return tests.flatMap((entry, i) => {
    if (typeof entry !== "object" || entry === null || !isEntry(entry))
      throw new DataError({ code: "bad-case", where: `onnx_nodes.json tests[${i}]`, problem: "is no test", remedy: REMEDY });
    return Array.from({ length: entry.data_sets }, (_, set) => readCase(files, entry, set));
  });
}

function readCase(files: Files, entry: Entry, set: number): GoldenCase {
  const model = files(`${entry.name}/model.onnx`);
  if (!model)
    throw new DataError({ code: "missing-file", where: `onnx_nodes ${entry.name}`, problem: "has no model.onnx", remedy: REMEDY });
  const tensors = new Map<string, Tensor>();
  const types = new Map<string, ElementType>();
  const [inputs, outputs] = [new Map<string, string>(), new Map<string, string>()];
  const attrs = new Map<string, unknown>([["model", model]]);
  try {
    const { graph } = readModel(model);
    for (const [kind, roles, values] of [["input", inputs, graph.inputs] as const, ["output", outputs, graph.outputs] as const])
      values.forEach(({ name: role }, i) => {
        const file = `${entry.name}/test_data_set_${set}/${kind}_${i}.pb`;
        const bytes = files(file);
        if (!bytes) return;
        roles.set(role, file);
        const { tensor } = readTensor(bytes, file);
        types.set(file, tensor.type);
        tensors.set(file, toTensor(tensor, file));
      });
  } catch (error) {
    if (!(error instanceof Dot4Error)) throw error;
    attrs.set("unread", error);
    outputs.set("output", "unread");
  }
  const { rtol, atol } = entry;
  const tolerance = new Map([...outputs].map(([role, key]) => [role, toleranceOf(types.get(key), rtol, atol)]));
  return {
    topic: "onnx_nodes",
    name: set === 0 ? entry.name : `${entry.name}.${set}`,
    tag: "node",
    op: entry.op,
    attrs,
    inputs,
    outputs,
    tolerance,
    tensors,
  };
}

/** Whole numbers agree to the bit, uint64 in all of its words. */
function toleranceOf(type: ElementType | undefined, rtol: number, atol: number): Tolerance {
  if (type === "float" || type === "float16") return { kind: "close", rtol, atol };
  return type === "double" ? { kind: "closeDoubles", rtol, atol } : { kind: "exact" };
}
