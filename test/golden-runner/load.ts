/** Reads a golden folder. Node only: it reads files. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../../src/errors.ts";
import { parseCase, type GoldenCase } from "./golden-case.ts";
import { readModels } from "./models.ts";
import { readOnnxNodes } from "./onnx-nodes.ts";
import { readSafetensors } from "./safetensors.ts";
import { REMEDY } from "./remedy.ts";

/** @throws DataError when `folder` is not a folder. */
export function checkFolder(folder: string): void {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new DataError({
      code: "missing-folder",
      where: `golden folder ${folder}`,
      problem: "is not there or is not a folder",
      remedy: "Set DOT4_GOLDEN to a folder of golden data",
    });
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new DataError({ code: "missing-file", where: path, problem: "cannot be read", cause, remedy: REMEDY });
  }
}

function parseJson(path: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(readFile(path).toString("utf8"));
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError({ code: "bad-json", where: path, problem: "is not JSON", cause, remedy: REMEDY });
  }
  if (typeof json !== "object" || json === null)
    throw new DataError({ code: "bad-json", where: path, problem: "is not a JSON object", remedy: REMEDY });
  return json as Readonly<Record<string, unknown>>;
}

function parseList(path: string, key: string): readonly unknown[] {
  const list = parseJson(path)[key];
  if (!Array.isArray(list)) throw new DataError({ code: "bad-json", where: path, problem: `has no list \`${key}\``, remedy: REMEDY });
  return list;
}

/** Topics that are not a file of tensors and a list of cases: the key of their list, and what reads it. */
const ownFormats = new Map<string, readonly [key: string, read: (folder: string, entries: readonly unknown[]) => readonly GoldenCase[]]>([
  ["onnx_nodes", ["tests", readOnnxNodes]],
  ["models", ["nets", readModels]],
]);

/** The cases of one topic. @throws DataError when a file is missing or corrupt. */
export function loadTopic(folder: string, topic: string): readonly GoldenCase[] {
  const own = ownFormats.get(topic);
  if (own) return own[1](folder, parseList(join(folder, `${topic}.json`), own[0]));
  const cases = parseList(join(folder, `${topic}.json`), "cases");
  const path = join(folder, `${topic}.safetensors`);
  const tensors = readSafetensors(readFile(path), path);
  return cases.map((entry, i) => parseCase(topic, i, entry, tensors));
}

/** The topics that a folder has, known or not: its JSON files, by name. */
export const topicsIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length))
    .sort();

/**
 * The cases of a topic that nothing runs, counted by op, or all of them under "-" where `cases` names no ops: `tests` of ONNX,
 * trained `models`. Empty where a topic lists nothing that can be counted.
 */
export function countCases(folder: string, topic: string): Map<string, number> {
  const { cases, tests, nets } = parseJson(join(folder, `${topic}.json`));
  const counts = new Map<string, number>();
  if (Array.isArray(cases)) {
    for (const entry of cases) {
      const op = field(entry, "op");
      const key = typeof op === "string" ? op : "-";
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  } else if (Array.isArray(tests)) counts.set("-", tests.length);
  else if (Array.isArray(nets)) counts.set("-", nets.flatMap((net) => field(net, "models") ?? []).length);
  return counts;
}

const field = (entry: unknown, name: string): unknown =>
  typeof entry === "object" && entry !== null ? (entry as Readonly<Record<string, unknown>>)[name] : undefined;
