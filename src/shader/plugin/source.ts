/** From a .wgsl file to one WGSL text: includes pasted, directives hoisted, every line still known by file and number. */
import { readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

export interface Origin {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export interface Source {
  readonly code: string;
  /** Absolute paths of all includes, in the order in which they were pasted. */
  readonly includes: readonly string[];
  /** Where a line (from 1) of `code` was written. */
  origin(line: number): Origin;
}

/** What is wrong with a shader file, and where. Vite shows `loc` as a link. */
export class ShaderSourceError extends Error {
  readonly loc: { readonly file: string; readonly line: number; readonly column: number };

  constructor(at: Origin, problem: string) {
    super(`${relative(process.cwd(), at.file)}:${at.line}: ${problem}`);
    this.name = "ShaderSourceError";
    this.loc = { ...at, column: 0 };
  }
}

const includeLine = /^\s*\/\/\s*#include\s+"([^"]+)"\s*$/;
const includeLike = /^\s*(?:\/\/)?\s*#\s*include\b/;
const directive = /^\s*((?:requires|enable|diagnostic)\b[^;]*;)\s*$/;
const directiveLike = /^\s*(?:requires|enable|diagnostic)\b/;

/**
 * Comments blanked out, all positions kept, so that patterns meet code only. WGSL's block comments nest.
 */
export function maskComments(code: string): string {
  let out = "";
  let depth = 0;
  for (let i = 0; i < code.length; i++) {
    const two = code.slice(i, i + 2);
    if (depth === 0 && two === "//") {
      const end = code.indexOf("\n", i);
      const stop = end < 0 ? code.length : end;
      out += " ".repeat(stop - i);
      i = stop - 1;
    } else if (two === "/*" || (depth > 0 && two === "*/")) {
      depth += two === "/*" ? 1 : -1;
      out += "  ";
      i++;
    } else {
      out += depth > 0 && code[i] !== "\n" ? " " : code[i];
    }
  }
  return out;
}

const baseOf = (path: string): string => (basename(dirname(path)) === "lib" ? dirname(dirname(path)) : dirname(path));

/**
 * Reads a shader and what it includes. `// #include "lib/x.wgsl"` names a path relative to the folder of the file that says
 * so, or, in a file of a folder `lib`, to the folder above it; each file is pasted once, where it is first met. `redirect` may put another path in an include's place.
 */
export function readShader(file: string, redirect: (include: string) => string = (include) => include): Source {
  const root = dirname(file);
  const lines: { readonly text: string; readonly at: Origin }[] = [];
  const directives = new Map<string, Origin>();
  const included = new Set<string>();

  const paste = (path: string, from: Origin | undefined, open: readonly string[]): void => {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (cause) {
      const problem = `cannot read ${from ? `the include ${relative(root, path)}` : "the shader"} (${(cause as Error).message})`;
      throw new ShaderSourceError(from ?? { file: path, line: 1 }, problem);
    }
    const masked = maskComments(text).split("\n");
    for (const [i, line] of text.replace(/\r\n/g, "\n").replace(/\n$/, "").split("\n").entries()) {
      const at: Origin = { file: path, line: i + 1 };
      const include = includeLine.exec(line)?.[1];
      const named = directive.exec(masked[i]!)?.[1];
      if (include !== undefined) {
        const target = redirect(join(baseOf(path), include));
        if (open.includes(target)) {
          const cycle = [...open.slice(open.indexOf(target)), target].map((p) => relative(root, p)).join(" -> ");
          throw new ShaderSourceError(at, `includes go in a circle: ${cycle}`);
        }
        if (included.has(target)) continue;
        included.add(target);
        paste(target, at, [...open, target]);
      } else if (includeLike.test(line)) {
        throw new ShaderSourceError(at, `an include is written // #include "lib/x.wgsl"; got ${line.trim()}`);
      } else if (named !== undefined) {
        const key = named.replace(/\s+/g, " ");
        if (!directives.has(key)) directives.set(key, at);
      } else if (directiveLike.test(masked[i]!)) {
        throw new ShaderSourceError(at, `a directive stands on a line of its own and ends with a semicolon; got ${line.trim()}`);
      } else {
        lines.push({ text: line, at });
      }
    }
  };
  paste(file, undefined, [file]);

  const all = [...[...directives].map(([text, at]) => ({ text, at })), ...lines];
  return {
    code: all.map((l) => l.text).join("\n") + "\n",
    includes: [...included],
    origin: (line) => all[Math.min(Math.max(line, 1), all.length) - 1]!.at,
  };
}
