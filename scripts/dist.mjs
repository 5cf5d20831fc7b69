/** The published package: ES modules by Vite, declarations by TypeScript. Also used by the tests, with a folder of their own. */
import { Buffer } from "node:buffer";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import ts from "typescript";
import { build } from "vite";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** dist/index.js and dist/train/index.js for browsers and Node, dist/node/index.js for Node; what both need lies in shared chunks. */
export async function buildModules(outDir) {
  await build({
    root,
    configFile: join(root, "vite.config.ts"),
    mode: "publish",
    logLevel: "warn",
    publicDir: false,
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      minify: false,
      sourcemap: false,
      lib: {
        entry: {
          index: join(root, "src/index.ts"),
          "train/index": join(root, "src/train/index.ts"),
          "node/index": join(root, "src/node/index.ts"),
        },
        formats: ["es"],
      },
      rolldownOptions: {
        external: [/^node:/, "webgpu"],
        output: {
          entryFileNames: "[name].js",
          chunkFileNames: "shared/[name].js",
          // Side by side they compress better.
          codeSplitting: { groups: [{ name: "shaders", test: /\.wgsl$|^\0dot4-wgsl:|[\\/]published\.ts$/ }] },
        },
      },
    },
  });
}

/** @throws when the sources do not type-check. */
export async function buildTypes(outDir) {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(
    { ...config, include: ["src"], exclude: ["src/shader/plugin"] },
    ts.sys,
    root,
  );
  const program = ts.createProgram(fileNames, {
    ...options,
    noEmit: false,
    allowImportingTsExtensions: true,
    declaration: true,
    emitDeclarationOnly: true,
    stripInternal: true,
    rootDir: join(root, "src"),
    outDir,
  });
  const { diagnostics } = program.emit();
  const all = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (all.length) {
    const host = { getCanonicalFileName: (f) => f, getCurrentDirectory: () => root, getNewLine: () => "\n" };
    throw new Error(ts.formatDiagnostics(all, host));
  }
  // The compiler leaves `from "./x.ts"` as it is in declarations; what lies beside them is x.d.ts, which "./x.js" names.
  for (const file of await readdir(outDir, { recursive: true })) {
    if (!file.endsWith(".d.ts")) continue;
    const text = await readFile(join(outDir, file), "utf8");
    await writeFile(join(outDir, file), text.replace(/((?:from\s+|import\()["']\.{1,2}\/[^"']+)\.ts(["'])/g, "$1.js$2"));
  }
}

/** Modules and all that they import, minified together as a page would ship them: their code and its gzipped bytes. */
export async function browserBundle(...entries) {
  const result = await build({
    root,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    build: {
      write: false,
      target: "es2022",
      lib: { entry: Object.fromEntries(entries.map((file, i) => [`entry${i}`, file])), formats: ["es"] },
      // In library mode Vite keeps white space and annotations for the bundlers of others; a page's own bundler does not.
      rolldownOptions: { treeshake: false, output: { minify: true, comments: false } },
    },
  });
  const code = (Array.isArray(result) ? result : [result]).flatMap((r) => r.output.map((o) => o.code ?? "")).join("\n");
  return { code, bytes: Buffer.byteLength(code), gzipped: gzipSync(code, { level: 9 }).length };
}

/** Bytes of the gzipped browser bundle, all of dot4 but `dot4/train`, with every kernel, that a release may have. */
export const sizeLimit = 60_000;
