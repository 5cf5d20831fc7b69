/// <reference types="vite/client" />
/** Each op is where a reader looks for it: src/ops/<op>.ts, shaders/<op>.wgsl, test/ops/<op>.cases.ts. */
import { describe, expect, test } from "vitest";
import { maskComments } from "../src/shader/plugin/source.ts";
import { ops, type OpDef } from "../src/ops/index.ts";
import { files, parse, read } from "./support/sources.ts";

const stem = (path: string): string => path.replace(/^.*\//, "").replace(/(\.cases)?\.\w+$/, "");
const isOp = (v: unknown): v is OpDef => typeof v === "object" && v !== null && "infer" in v && "reference" in v && "kernel" in v;
const modules = import.meta.glob<Record<string, unknown>>("../src/ops/*.ts", { eager: true });
const opFiles = Object.entries(modules).map(([path, exports]) => ({ stem: stem(path), ops: Object.values(exports).filter(isOp) }));
const shaders = files("shaders", ".wgsl").filter((path) => !path.startsWith("shaders/lib/"));
const libraries = files("shaders/lib", ".wgsl");

describe("ops", () => {
  test("the list holds every op of src/ops, alphabetically, under its own name", () => {
    const named = opFiles.flatMap((f) => f.ops.map((op) => op.name)).sort();
    expect(Object.keys(ops)).toEqual(named);
    expect(Object.values<OpDef>(ops).map((op) => op.name)).toEqual(named);
  });

  test("an op's file bears its name and holds no other", () => {
    expect(opFiles.filter((f) => f.ops.length > 0).map((f) => [f.stem, f.ops.map((op) => op.name)])).toEqual(
      Object.keys(ops)
        .sort()
        .map((name) => [name, [name]]),
    );
  });

  test("every op has cases, and every cases file an op", () => {
    expect(files("test/ops", ".cases.ts").map(stem)).toEqual(Object.keys(ops));
  });

  test("every op's file begins by saying what the op computes", () => {
    const silent = Object.keys(ops).filter((name) => !/^\/\*\*|\n\/\*\*/.test(read(`src/ops/${name}.ts`)));
    expect(silent).toEqual([]);
  });
});

describe("shaders", () => {
  // What comes after the op's name tells its kernels apart: sgd.wgsl and sgdMomentum.wgsl.
  test("a shader is imported by the file of its name in src/ops, one of the backend's own by the backend", () => {
    const imported = files("src", ".ts")
      .map(parse)
      .flatMap((f) => f.imports.filter((i) => i.file?.endsWith(".wgsl")).map((i) => ({ by: f.path, shader: i.file! })));
    const belongs = (path: string, by: string): boolean =>
      path.startsWith("shaders/backend/")
        ? by.startsWith("src/backend/webgpu/")
        : by.startsWith("src/ops/") && new RegExp(`^${stem(by)}(?![a-z])`).test(stem(path));
    const homeless = shaders.filter((path) => !imported.some((i) => i.shader === path && belongs(path, i.by)));
    expect(homeless).toEqual([]);
  });

  test("every library file is included by somebody, and every function in it is called", () => {
    const texts = [...shaders, ...libraries].map((path) => ({ path, text: read(path) }));
    const unused: string[] = [];
    for (const library of libraries) {
      const include = new RegExp(`// #include "(\\.\\./)?${library.slice("shaders/".length)}"`);
      if (!library.endsWith("_polyfill.wgsl") && !texts.some(({ text }) => include.test(text))) unused.push(library);
      for (const [, name] of maskComments(read(library)).matchAll(/\bfn\s+(?!main\b)(\w+)/g)) {
        const calls = texts.flatMap(({ text }) => [...maskComments(text).matchAll(new RegExp(`(?<!\\bfn\\s+)\\b${name}\\s*\\(`, "g"))]);
        if (calls.length === 0) unused.push(`${library}: ${name}`);
      }
    }
    expect(unused).toEqual([]);
  });

  test("every shader begins with a header comment", () => {
    expect([...shaders, ...libraries].filter((path) => !/^(requires [^;]+;\s*)*\/\//.test(read(path)))).toEqual([]);
  });
});

test("nothing is skipped, silenced or left for later", () => {
  // Spelled in pieces, so that this file does not find itself.
  const forbidden = [
    ["@ts-", "(ignore|nocheck)"],
    ["TO", "DO"],
    ["FIX", "ME"],
    ["\\b(test|it|describe)\\.", "(skip|only|todo|skipIf|runIf|fails)\\b"],
  ].map((parts) => new RegExp(parts.join("")));
  const paths = [
    ...["src", "test", "examples"].flatMap((f) => files(f, ".ts")),
    ...files("scripts", ".mjs"),
    ...[...shaders, ...libraries],
  ];
  const found = paths.flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, i) => (forbidden.some((word) => word.test(line)) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
});
