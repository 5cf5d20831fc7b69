/** Serves the page that compares with ONNX Runtime Web, which a page with the tests' strict policy could not load. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "vite";
import { serve, type Site } from "../gpu/page.ts";
import { absolute } from "../support/sources.ts";

/** What ONNX Runtime's WebAssembly needs beyond a careful page's policy. */
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";

export async function servePeer(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "dot4-peer-"));
  await build({
    root: absolute("."),
    configFile: absolute("vite.config.ts"),
    logLevel: "warn",
    publicDir: false,
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: "esnext",
      minify: false,
      lib: { entry: absolute("test/bench/peer.page.ts"), formats: ["es"], fileName: () => "main.js" },
      rolldownOptions: { external: ["/ort.js"] },
    },
  });
  const ort = dirname(createRequire(import.meta.url).resolve("onnxruntime-web/webgpu"));
  copyFileSync(join(ort, "ort.webgpu.bundle.min.mjs"), join(folder, "ort.js"));
  copyFileSync(join(ort, "ort-wasm-simd-threaded.asyncify.wasm"), join(folder, "ort-wasm-simd-threaded.asyncify.wasm"));
  writeFileSync(join(folder, "index.html"), '<!doctype html><html lang="en"><meta charset="utf-8"><title>dot4</title>');
  const site = await serve(folder, { "Content-Security-Policy": policy });
  return {
    url: site.url,
    close: async () => {
      await site.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
