/**
 * Vite plugin: `import shader from "./x.wgsl"` gives a Shader. Includes are pasted and the WGSL is reflected here, when a
 * bundle is built, so that nothing is parsed at run time.
 */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { normalizePath, type Plugin } from "vite";
import type { Shader } from "../shader.ts";
import { Publisher, shadersId } from "./publish.ts";
import { reflect } from "./reflect.ts";
import { readShader, ShaderSourceError, type Source } from "./source.ts";

const native = /(?<=[\\/]lib[\\/])dot4\.wgsl$/;
const polyfill = "dot4_polyfill.wgsl";

export interface LoadedShader {
  readonly shader: Shader;
  readonly source: Source;
  readonly polyfill?: Source;
}

/** Reads, composes and reflects one shader file. @throws ShaderSourceError */
export function loadShader(file: string): LoadedShader {
  const source = readShader(file);
  const facts = reflect(source);
  const name = basename(file, ".wgsl");
  if (!source.includes.some((path) => native.test(path))) return { shader: { name, code: source.code, ...facts }, source };
  const twin = readShader(file, (include) => include.replace(native, polyfill));
  if (JSON.stringify(reflect(twin)) !== JSON.stringify(facts))
    throw new ShaderSourceError({ file, line: 1 }, `${polyfill} changes the shader's bindings, params or overrides`);
  return { shader: { name, code: source.code, polyfill: twin.code, ...facts }, source, polyfill: twin };
}

export interface WgslOptions {
  /**
   * The folder of all shaders, to publish them: short texts that share their includes. Default: each text whole and as it
   * was written, so that messages fit the files.
   */
  readonly publish?: string;
}

/** Files below a folder that are shaders themselves: those that another one includes lie in `lib`. */
const shadersIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".wgsl") && !/(?:^|[\\/])lib[\\/]/.test(path))
    .sort()
    .map((path) => join(folder, path));

export const publisherOf = (folder: string): Publisher =>
  new Publisher(new Map(shadersIn(folder).map((file) => [normalizePath(file), loadShader(file)])));

export function wgsl({ publish }: WgslOptions = {}): Plugin {
  const publisher = publish === undefined ? undefined : publisherOf(publish);
  return {
    name: "dot4:wgsl",
    enforce: "pre",
    resolveId: { filter: { id: new RegExp(`^${shadersId}$`) }, handler: (id) => id },
    load: { filter: { id: new RegExp(`^${shadersId}$`) }, handler: () => publisher?.shaders() },
    transform: {
      filter: { id: /\.wgsl$/ },
      // The text that Vite has read is read once more: includes come from files too.
      handler(_, file) {
        const loaded = loadShader(file);
        for (const path of [...loaded.source.includes, ...(loaded.polyfill?.includes ?? [])]) this.addWatchFile(path);
        // A shader that does not lie in the folder, a test's own, stays as it was written.
        const code = publisher?.module(file) ?? `export default ${JSON.stringify(loaded.shader)};\n`;
        return { code, moduleType: "js", map: null };
      },
    },
  };
}
