#!/usr/bin/env node
/**
 * Bundles what runs on a bare machine with a GPU: dist/bench/gpu.js (benchmarks) and dist/bench/ops.js (every op's cases,
 * GPU against reference). Everything is inlined but the package `webgpu`, so they need Node, that package and a driver.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));

await build({
  root,
  configFile: join(root, "vite.config.ts"),
  logLevel: "warn",
  publicDir: false,
  ssr: { noExternal: true, external: ["webgpu"] },
  build: {
    ssr: true,
    outDir: join(root, "dist", "bench"),
    emptyOutDir: true,
    target: "node20",
    minify: false,
    rolldownOptions: {
      input: { gpu: join(root, "test/bench/gpu.ts"), ops: join(root, "test/bench/ops.ts") },
      output: { entryFileNames: "[name].js", chunkFileNames: "shared/[name].js" },
    },
  },
});
