/** The published package: ES modules by Vite, declarations by TypeScript. Also used by the tests, with a folder of their own. */
import { Buffer } from "node:buffer";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import ts from "typescript";
import { build } from "vite";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** What src/index.ts exports as namespaces. */
const namespaces = ["nn", "passes", "quant"];

/**
 * Keeps `export * as nn from "./nn/index.js"` as it is: bundled, a namespace becomes an object of getters, from which the
 * bundler of a page cannot drop what the page does not use.
 */
const keepNamespaces = {
  name: "dot4-namespaces",
  enforce: "pre",
  resolveId(source, importer) {
    const name = namespaces.find((n) => source === `./${n}/index.ts`);
    return name && importer === join(root, "src/index.ts") ? { id: `./${name}/index.js`, external: true } : undefined;
  },
};

/** dist/: a module for each source file, index.js, train/index.js and onnx/index.js for browsers and Node, node/index.js for Node. */
export async function buildModules(outDir) {
  await build({
    root,
    configFile: join(root, "vite.config.ts"),
    mode: "publish",
    plugins: [keepNamespaces],
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
          ...Object.fromEntries(namespaces.map((n) => [`${n}/index`, join(root, `src/${n}/index.ts`)])),
          "train/index": join(root, "src/train/index.ts"),
          "onnx/index": join(root, "src/onnx/index.ts"),
          "node/index": join(root, "src/node/index.ts"),
        },
        formats: ["es"],
      },
      rolldownOptions: {
        external: [/^node:/, "webgpu"],
        output: {
          entryFileNames: "[name].js",
          preserveModules: true,
          preserveModulesRoot: join(root, "src"),
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

/** Modules and what they use of all that they import, minified together as a page would ship them: code and gzipped bytes. */
export async function browserBundle(...entries) {
  return measure(entries, true);
}

/** The same with everything that is there, used or not. */
export async function wholeBundle(...entries) {
  return measure(entries, false);
}

async function measure(entries, treeshake) {
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
      rolldownOptions: { treeshake, output: { minify: true, comments: false } },
    },
  });
  const code = (Array.isArray(result) ? result : [result]).flatMap((r) => r.output.map((o) => o.code ?? "")).join("\n");
  return { code, bytes: Buffer.byteLength(code), gzipped: gzipSync(code, { level: 9 }).length };
}

/**
 * What pages that load dot4 as a package are like: the first quantizes a convolutional net after training, verifies and runs it;
 * the second trains it besides. Written below `folder`, where "dot4" resolves.
 */
export async function pages(folder) {
  const net = `import { f32, nn, quant, verify, webgpu, cpu } from "dot4";
    const net = nn.sequential({ conv1: nn.conv2d(1, 8, { kernel: 3 }), relu1: nn.relu(), pool1: nn.maxPool2d(2), flatten: nn.flatten(), fc: nn.linear(1352, 10) });
    const graph = net.trace({ x: f32(["n", 28, 28, 1]) });
    const gpu = await webgpu();`;
  const files = { run: join(folder, "run.js"), train: join(folder, "train.js") };
  await writeFile(
    files.run,
    `${net}
    export const convert = async (batches) => quant.convert(await quant.calibrate(quant.prepare(graph, quant.int8()), batches, gpu));
    export const run = async (int8, x) => [await (await gpu.compile(int8))({ x }), await verify(int8, { x }, { actual: gpu, expected: cpu() })];`,
  );
  await writeFile(
    files.train,
    `${net}
    import * as train from "dot4/train";
    export const fit = async (data) => {
      const trainer = await train.trainer(quant.prepareQat(graph, quant.int8()), { loss: train.crossEntropy(), optimizer: train.adam(), backend: gpu });
      await trainer.fit({ epochs: 1, batches: train.batches(data, { batchSize: 50 }) });
      return quant.convert(await trainer.graph());
    };`,
  );
  return files;
}

/**
 * Bytes of gzipped JavaScript that a page of the first kind may load. An op comes with its gradient and with the kernels for
 * every shape, adapter and rounding, so that a convolution alone is a third of it. Raised from 70 kB when pools and sums of all
 * shapes got kernels of half a copy's speed, and every error a remedy.
 */
export const sizeLimit = 78_000;
