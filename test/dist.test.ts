/** The published package: built into a folder of its own, then used as its users would. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";
import { browserBundle, buildModules, buildTypes, pages, sizeLimit, wholeBundle } from "../scripts/dist.mjs";
import * as errors from "../src/errors.ts";
import { absolute } from "./support/sources.ts";

const app = mkdtempSync(join(tmpdir(), "dot4-app-"));
const installed = join(app, "node_modules", "dot4");
const dist = join(installed, "dist");

beforeAll(async () => {
  mkdirSync(installed, { recursive: true });
  cpSync(absolute("package.json"), join(installed, "package.json"));
  for (const name of ["webgpu", "@sparticuz", "@webgpu"]) symlinkSync(absolute(`node_modules/${name}`), join(app, "node_modules", name));
  await buildModules(dist);
  await buildTypes(join(dist, "types"));
}, 120_000);
afterAll(() => rmSync(app, { recursive: true, force: true }));

test("a page loads what it uses: little, and no op that it does not name", async () => {
  const { run, train } = await pages(app);
  const page = await browserBundle(run);
  expect(page.gzipped).toBeLessThan(sizeLimit);
  // Answers, not texts: a page's code would fill the report.
  const has = (code: string, op: string): boolean => new RegExp(`name:["'\`]${op}["'\`]`).test(code);
  expect(["qconv2d", "softmaxCrossEntropy", "adam"].map((op) => has(page.code, op))).toEqual([true, false, false]);
  const trainer = await browserBundle(train);
  expect(has(trainer.code, "adam")).toBe(true);
  // So it is with the texts of shaders, which all lie in one module: a field of Params that only adam has.
  expect([page, trainer].map(({ code }) => code.includes("lnBeta1 "))).toEqual([false, true]);
});

test("all of it is self-contained and free of eval, of Node modules and of the shader parser", async () => {
  const { code } = await wholeBundle(join(dist, "index.js"));
  expect(code).not.toMatch(/["'`]node:|\brequire\(|\bprocess\.|\beval\(|\bnew Function\b/);
  expect(code).not.toMatch(/wgsl_reflect|WgslReflect/);
  expect(code.match(/^import\b.*$|\bfrom\s*["'][^"']+["']/gm) ?? []).toEqual([]);
});

test("so is what training adds", async () => {
  const { code } = await wholeBundle(join(dist, "index.js"), join(dist, "train/index.js"));
  expect(code).not.toMatch(/["'`]node:|\brequire\(|\bprocess\.|\beval\(|\bnew Function\b/);
  expect(code).not.toMatch(/wgsl_reflect|WgslReflect/);
});

test("so is what importing adds, which a page without it does not load", async () => {
  const { code } = await wholeBundle(join(dist, "onnx/index.js"));
  expect(code).not.toMatch(/["'`]node:|\brequire\(|\bprocess\.|\beval\(|\bnew Function\b/);
  expect(code).not.toMatch(/wgsl_reflect|WgslReflect|protobufjs/);
  const { run, train } = await pages(app);
  expect((await browserBundle(run, train)).code).not.toContain("QLinearConv");
});

test("errors keep their names and their ancestry in a minified page", async () => {
  const { code } = await wholeBundle(join(dist, "index.js"));
  const file = join(app, "minified.mjs");
  writeFileSync(file, code);
  const bundle = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Record<string, unknown>;
  const classes = Object.entries(bundle).filter(([name]) => name.endsWith("Error")) as [string, typeof errors.Dot4Error][];
  expect(classes.map(([name]) => name).sort()).toEqual(Object.keys(errors).sort());
  for (const [name, Class] of classes) {
    const e = new Class({ code: "c", where: "w", problem: "p", remedy: "r" });
    expect([e.name, String(e)]).toEqual([name, `${name}: w: p. r`]);
    // Every class it is an instance of here, and no other.
    const ancestry = (kinds: readonly (readonly [string, unknown])[], of: object) =>
      kinds
        .filter(([, Kind]) => of instanceof (Kind as typeof Error))
        .map(([kind]) => kind)
        .sort();
    const twin = new errors[name as keyof typeof errors]({ code: "c", where: "w", problem: "p", remedy: "r" });
    expect(ancestry(classes, e)).toEqual(ancestry(Object.entries(errors), twin));
    expect(e).toBeInstanceOf(Error);
  }
});

test("the Node entry imports Node's own modules and the optional package only", () => {
  const text = readdirSync(dist, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".js"))
    .map((file) => readFileSync(join(dist, file), "utf8"))
    .join("\n");
  const imported = new Set(
    [...text.matchAll(/^(?:import|export)\b[^"'\n]*["']([^"'.][^"']*)["']|\bimport\(["']([^"'.][^"']*)["']\)/gm)].map((m) => m[1] ?? m[2]!),
  );
  expect([...imported].filter((name) => !name.startsWith("node:"))).toEqual(["webgpu"]);
});

test("plain Node imports the entries and computes on the GPU", async () => {
  const script = `
    import * as dot4 from "dot4";
    import { digits } from "dot4/train";
    import { webgpu } from "dot4/node";
    if (digits({ count: 3 }).count !== 3) throw new Error("no digits");
    if (typeof dot4.cpu !== "function" || typeof dot4.webgpu !== "function") throw new Error("names are missing");
    const gpu = await webgpu();
    console.log(gpu.kind);
    gpu.dispose();`;
  writeFileSync(join(app, "app.mjs"), script);
  const { stdout } = await promisify(execFile)(process.execPath, ["app.mjs"], { cwd: app });
  expect(stdout.trim().split("\n").at(-1)).toBe("webgpu");
});

test("strict TypeScript reads the declarations", () => {
  const file = join(app, "app.mts");
  writeFileSync(
    file,
    `import { cpu, type Backend } from "dot4";
import { webgpu } from "dot4/node";
import { digits, type Dataset } from "dot4/train";
export const backends: Promise<Backend>[] = [webgpu(), Promise.resolve(cpu())];
export const train: Dataset = digits({ count: 20 });
// An error that shows that the declarations are not \`any\`:
export const wrong: number = cpu();
`,
  );
  const program = ts.createProgram([file], {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ["@webgpu/types"],
    typeRoots: [join(app, "node_modules")],
  });
  const found = ts
    .getPreEmitDiagnostics(program)
    .map((d) => `${d.file?.fileName.replace(app, "")} ${ts.flattenDiagnosticMessageText(d.messageText, " ")}`);
  expect(found).toEqual([expect.stringMatching(/^\/app\.mts Type '.*' is not assignable to type 'number'/)]);
});
