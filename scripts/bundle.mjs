/** A TypeScript entry of this project as one .mjs file that Node can import. */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Below node_modules, so that what is left out of the bundle resolves as it does from the sources. */
export async function bundle(entry) {
  const source = resolve(entry);
  const key = createHash("sha256").update(source).digest("hex").slice(0, 8);
  // A folder a process: two runs at once must not overwrite each other's file.
  const outDir = join(root, "node_modules", ".cache", "dot4", "run", `${basename(source, ".ts")}-${key}-${process.pid}`);
  mkdirSync(outDir, { recursive: true });
  process.on("exit", () => rmSync(outDir, { recursive: true, force: true }));
  await build({
    root,
    configFile: join(root, "vite.config.ts"),
    logLevel: "warn",
    build: {
      ssr: source,
      outDir,
      emptyOutDir: true,
      target: "node20",
      minify: false,
      sourcemap: "inline",
      rolldownOptions: {
        output: { entryFileNames: "main.mjs", chunkFileNames: "[name].mjs" },
        // A slow machine is no fault: nobody who runs a program wants to hear of it.
        checks: { pluginTimings: false },
      },
    },
  });
  return join(outDir, "main.mjs");
}
