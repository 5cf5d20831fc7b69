/** Reads a golden folder. Node only: it reads files. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../../src/errors.ts";
import { parseCase, type GoldenCase } from "./golden-case.ts";
import { readSafetensors } from "./safetensors.ts";

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
    throw new DataError({ code: "missing-file", where: path, problem: "cannot be read", cause });
  }
}

function parseJson(path: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(readFile(path).toString("utf8"));
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError({ code: "bad-json", where: path, problem: "is not JSON", cause });
  }
  if (typeof json !== "object" || json === null) throw new DataError({ code: "bad-json", where: path, problem: "is not a JSON object" });
  return json as Readonly<Record<string, unknown>>;
}

function parseCases(path: string): readonly unknown[] {
  const { cases } = parseJson(path);
  if (!Array.isArray(cases)) throw new DataError({ code: "bad-json", where: path, problem: "has no list `cases`" });
  return cases;
}

/** The cases of one topic. @throws DataError when a file is missing or corrupt. */
export function loadTopic(folder: string, topic: string): readonly GoldenCase[] {
  const cases = parseCases(join(folder, `${topic}.json`));
  const path = join(folder, `${topic}.safetensors`);
  const tensors = readSafetensors(readFile(path), path);
  return cases.map((entry, i) => parseCase(topic, i, entry, tensors));
}

/**
 * How many cases a topic has of which the project offers nothing yet, 1 where it lists none that can be counted; undefined
 * when the folder does not have the topic.
 */
export function countCases(folder: string, topic: string): number | undefined {
  const path = join(folder, `${topic}.json`);
  if (!statSync(path, { throwIfNoEntry: false })) return undefined;
  const { cases, tests } = parseJson(path);
  for (const list of [cases, tests]) if (Array.isArray(list)) return list.length;
  return 1;
}
