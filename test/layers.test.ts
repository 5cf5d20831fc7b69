/** Arrows point down only: who may import whom, read from the import lines. */
import { expect, test } from "vitest";
import { files, identifiers, parse, type SourceFile } from "./support/sources.ts";

/** For each layer of src the layers right below it; those below these are allowed too. */
const below: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  tensor: ["errors"],
  numerics: ["tensor"],
  shader: ["tensor"],
  ops: ["numerics", "shader"],
  graph: ["ops"],
  passes: ["graph"],
  backend: ["graph"],
  nn: ["passes", "backend"],
  quant: ["passes", "backend"],
  train: ["passes", "backend"],
  onnx: ["passes", "backend"],
  index: ["nn", "quant"],
  node: ["index", "train", "onnx"],
  cli: ["node"],
};

const reachable = (layer: string): ReadonlySet<string> => new Set([layer, ...(below[layer] ?? []).flatMap((next) => [...reachable(next)])]);

const layerOf = (path: string): string | undefined => /^src\/([^/.]+)/.exec(path)?.[1];
const isPlugin = (path: string): boolean => path.startsWith("src/shader/plugin/");
const isNode = (path: string): boolean => /^src\/(node|cli)\//.test(path);

const sources = files("src", ".ts").map(parse);
const core = sources.filter((f) => !isPlugin(f.path) && !isNode(f.path));

/** `file:line: words` of every import that is not allowed. */
const offences = (
  among: readonly SourceFile[],
  isAllowed: (file: SourceFile, imported: SourceFile["imports"][number]) => boolean,
): string[] => among.flatMap((f) => f.imports.filter((i) => !isAllowed(f, i)).map((i) => `${f.path}:${i.line} imports ${i.name}`));

test("every file of src lies in a known layer", () => {
  expect(sources.filter((f) => !Object.hasOwn(below, layerOf(f.path) ?? "")).map((f) => f.path)).toEqual([]);
});

test("imports point down only", () => {
  expect(sources.flatMap((f) => f.imports).length).toBeGreaterThan(100);
  expect(
    offences(sources, (f, { file }) => {
      if (file === undefined || file.startsWith("shaders/")) return true;
      const to = layerOf(file);
      return to !== undefined && reachable(layerOf(f.path)!).has(to);
    }),
  ).toEqual([]);
});

test("the plugin and what only Node can do are not imported by the core", () => {
  expect(offences(core, (_, { file }) => file === undefined || (!isPlugin(file) && !isNode(file)))).toEqual([]);
});

test("the core imports no package and no Node module", () => {
  expect(offences(core, (_, { file }) => file !== undefined)).toEqual([]);
  const nodeGlobals = new Set(["process", "Buffer", "require", "__dirname", "__filename"]);
  const uses = core.flatMap((f) =>
    identifiers(f)
      .filter((i) => nodeGlobals.has(i.name))
      .map((i) => `${f.path}:${i.line} uses ${i.name}`),
  );
  expect(uses).toEqual([]);
});

test("wgsl_reflect is imported by the plugin only", () => {
  const everywhere = [...sources, ...files("test", ".ts").map(parse), ...files("examples", ".ts").map(parse)];
  expect(offences(everywhere, (f, { name }) => !name.startsWith("wgsl_reflect") || isPlugin(f.path))).toEqual([]);
});

test("only the webgpu backend and src/node touch the GPU", () => {
  const gpuNames = /^(GPU([A-Z]\w*)?|requestAdapter|requestDevice|createComputePipeline\w*|createShaderModule)$/;
  const uses = core
    .filter((f) => !f.path.startsWith("src/backend/webgpu/"))
    .flatMap((f) =>
      identifiers(f)
        .filter((i) => gpuNames.test(i.name))
        .map((i) => `${f.path}:${i.line} uses ${i.name}`),
    );
  expect(uses).toEqual([]);
});

test("the webgpu backend knows the contract of ops, but no op", () => {
  const contract = ["src/ops/op.ts", "src/ops/kernel.ts", "src/ops/check.ts"];
  const webgpu = core.filter((f) => f.path.startsWith("src/backend/webgpu/"));
  expect(offences(webgpu, (_, { file }) => !file?.startsWith("src/ops/") || contract.includes(file))).toEqual([]);
});

test("shaders are imported by ops, and by the webgpu backend for its own checks", () => {
  expect(offences(sources, (f, { file }) => !file?.endsWith(".wgsl") || /^src\/(ops|backend\/webgpu)\//.test(f.path))).toEqual([]);
});

test("examples use the package by its name, tests and examples are used by nobody", () => {
  const examples = files("examples", ".ts").map(parse);
  expect(offences(examples, (_, { file }) => file === undefined || file.startsWith("examples/"))).toEqual([]);
  expect(offences(sources, (_, { file }) => file === undefined || /^(src|shaders)\//.test(file))).toEqual([]);
});

// An op and its gradient's op emit each other, inside functions that run long after both files have loaded.
test("no circles of files that import each other's values, but among ops", () => {
  const graph = new Map(sources.map((f) => [f.path, f.imports.filter((i) => !i.typeOnly && i.file !== undefined).map((i) => i.file!)]));
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, open: readonly string[]): void => {
    if (open.includes(path)) {
      const circle = [...open.slice(open.indexOf(path)), path];
      if (!circle.every((f) => f.startsWith("src/ops/"))) circles.push(circle.join(" -> "));
    } else if (!done.has(path)) {
      for (const next of graph.get(path) ?? []) visit(next, [...open, path]);
      done.add(path);
    }
  };
  for (const path of graph.keys()) visit(path, []);
  expect(circles).toEqual([]);
});
