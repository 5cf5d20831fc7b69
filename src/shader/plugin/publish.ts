/**
 * How shaders go into the published package: without comments and spare white space, and with each include once however
 * many shaders paste it, as a module of its own. A shader that nobody imports leaves nothing behind.
 */
import { createHash } from "node:crypto";
import type { LoadedShader } from "./index.ts";
import { maskComments, type Source } from "./source.ts";

/** Lines keep their number of statements, so that a compiler's message still has a line to name. */
const compactLine = (line: string): string =>
  line
    .trim()
    .replace(/ *([{}()[\];,:]) */g, "$1")
    .replace(/(?<=[\w)\]]) ([=+*/]) (?=[\w(])/g, "$1");

export const compact = (code: string): string => compactLines(code).filter(Boolean).join("\n") + "\n";

const compactLines = (code: string): readonly string[] => maskComments(code).split("\n").map(compactLine);

/** The compact text in pieces; `shared` ones come from includes. */
function pieces(file: string, source: Source): readonly { readonly text: string; readonly shared: boolean }[] {
  const found: { text: string; file: string }[] = [];
  for (const [i, line] of compactLines(source.code).entries()) {
    if (!line) continue;
    const from = source.origin(i + 1).file;
    const last = found.at(-1);
    if (last?.file === from) last.text += `${line}\n`;
    else found.push({ text: `${line}\n`, file: from });
  }
  return found.map((piece) => ({ text: piece.text, shared: piece.file !== file }));
}

/** Ids of virtual modules that hold one piece each; a piece's id is its contents' hash. */
export const pieceId = /^\0dot4-wgsl:/;

export class Publisher {
  readonly #texts = new Map<string, string>();

  /** The JavaScript of a shader's module. */
  module(file: string, { shader, source, polyfill }: LoadedShader): string {
    const names = new Map<string, string>();
    const head: string[] = [];
    const name = ({ text, shared }: { text: string; shared: boolean }): string => {
      let known = names.get(text);
      if (known === undefined) {
        known = `piece${names.size}`;
        names.set(text, known);
        head.push(shared ? `import ${known} from ${JSON.stringify(this.#share(text))};` : `const ${known} = ${JSON.stringify(text)};`);
      }
      return known;
    };
    const expression = (s: Source): string => pieces(file, s).map(name).join(" + ");
    const facts = Object.entries(shader).filter(([key]) => key !== "code" && key !== "polyfill");
    const fields = [
      `code: ${expression(source)}`,
      ...(polyfill ? [`polyfill: ${expression(polyfill)}`] : []),
      ...facts.map(([key, value]) => `${key}: ${JSON.stringify(value)}`),
    ];
    return `${head.join("\n")}\nexport default { ${fields.join(", ")} };\n`;
  }

  /** The JavaScript of a piece's module. */
  piece(id: string): string {
    return `export default ${JSON.stringify(this.#texts.get(id))};\n`;
  }

  #share(text: string): string {
    const id = `\0dot4-wgsl:${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
    this.#texts.set(id, text);
    return id;
  }
}
