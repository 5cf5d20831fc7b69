/**
 * Vite plugin: `import shader from "./x.wgsl"` gives a Shader. Includes are pasted and the WGSL is reflected here, when a
 * bundle is built, so that nothing is parsed at run time.
 */
import { basename } from "node:path";
import type { Plugin } from "vite";
import type { Shader } from "../shader.ts";
import { reflect } from "./reflect.ts";
import { maskComments, readShader, ShaderSourceError, type Source } from "./source.ts";

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

/** Without comments, indentation and empty lines: what a published bundle carries. */
export const compact = (code: string): string =>
  maskComments(code)
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .join("\n") + "\n";

export interface WgslOptions {
  /** Leave comments and indentation out of the bundle; default: keep them, so that compiler messages fit the files. */
  readonly compact?: boolean;
}

export function wgsl(options: WgslOptions = {}): Plugin {
  const shorten = (code: string): string => (options.compact ? compact(code) : code);
  return {
    name: "dot4:wgsl",
    enforce: "pre",
    transform: {
      filter: { id: /\.wgsl$/ },
      // The text that Vite has read is read once more: includes come from files too.
      handler(_, file) {
        const { shader, source, polyfill: twin } = loadShader(file);
        for (const path of [...source.includes, ...(twin?.includes ?? [])]) this.addWatchFile(path);
        const value: Shader = {
          ...shader,
          code: shorten(shader.code),
          ...(shader.polyfill !== undefined && { polyfill: shorten(shader.polyfill) }),
        };
        return { code: `export default ${JSON.stringify(value)};\n`, moduleType: "js", map: null };
      },
    },
  };
}
