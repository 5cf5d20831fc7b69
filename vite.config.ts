import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { wgsl } from "./src/shader/plugin/index.ts";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig(({ mode }) => ({
  // DOT4_PUBLISHED=1 tests the shaders in the form that the package has.
  plugins: [wgsl(mode === "publish" || process.env["DOT4_PUBLISHED"] === "1" ? { publish: path("shaders") } : {})],
  // A page's worker is a bundle of its own, with plugins of its own.
  worker: { format: "es", plugins: () => [wgsl()] },
  // Examples and tests name the package as its users do, and get the sources.
  resolve: {
    alias: [
      { find: /^dot4\/node$/, replacement: path("src/node/index.ts") },
      { find: /^dot4\/train$/, replacement: path("src/train/index.ts") },
      { find: /^dot4\/onnx$/, replacement: path("src/onnx/index.ts") },
      { find: /^dot4$/, replacement: path("src/index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: [path("test/support/setup.ts")],
    // A process each: Dawn is a native module and must not be loaded into two threads of one process.
    pool: "forks",
    // SwiftShader uses every core by itself; more workers only make single tests slower and timeouts likelier.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
}));
