/**
 * How shaders go into the published package: in the short form that published.ts turns into a Shader, and with each
 * include once however many shaders paste it, as a module of its own. A shader that nobody imports leaves nothing behind.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { published } from "../published.ts";
import type { Shader } from "../shader.ts";
import type { LoadedShader } from "./index.ts";
import { shortNames } from "./shorten.ts";
import type { Source } from "./source.ts";

/** Ids of virtual modules that hold one piece each; a piece's id is its contents' hash. */
export const pieceId = /^\0dot4-wgsl:/;

const expander = fileURLToPath(new URL("../published.ts", import.meta.url));

function shortBindings(piece: string): string {
  let next: number | undefined;
  return piece.replace(
    /@group\(0\)@binding\((\d+)\)var<(?:(uniform)|storage(?:,read(_write)?)?)>/g,
    (_, number: string, uniform, write) => {
      const known = next === Number(number);
      next = Number(number) + 1;
      return `@${uniform ? "u" : write ? "w" : "r"}${known ? "" : number} `;
    },
  );
}

interface Piece {
  readonly text: string;
  readonly shared: boolean;
}

/** The arguments of `published`. */
interface Short {
  readonly name: string;
  readonly code: readonly Piece[];
  readonly polyfill?: readonly Piece[];
  /** What `published` would not read off the text. */
  readonly facts?: Partial<Shader>;
}

const join = (pieces: readonly Piece[]): string => pieces.map((piece) => piece.text).join("");
const expand = ({ name, code, polyfill, facts }: Short): Shader => published(name, join(code), polyfill && join(polyfill), facts);

export class Publisher {
  readonly #texts = new Map<string, string>();
  readonly #shorten: (code: string) => string;

  /** @param shaders all that the package holds: names are chosen for all of them together */
  constructor(shaders: readonly LoadedShader[]) {
    this.#shorten = shortNames(shaders.map(({ source, polyfill }) => [source.code, ...(polyfill ? [polyfill.code] : [])]));
  }

  /** The JavaScript of a shader's module. */
  module(file: string, loaded: LoadedShader): string {
    const { name, code, polyfill, facts } = this.#short(file, loaded);
    const names = new Map<string, string>();
    const head = [`import { published } from ${JSON.stringify(expander)};`];
    const nameOf = ({ text, shared }: Piece): string => {
      let known = names.get(text);
      if (known === undefined) {
        known = `piece${names.size}`;
        names.set(text, known);
        head.push(shared ? `import ${known} from ${JSON.stringify(this.#share(text))};` : `const ${known} = ${JSON.stringify(text)};`);
      }
      return known;
    };
    const sum = (pieces: readonly Piece[]): string => pieces.map(nameOf).join(" + ");
    const values = [JSON.stringify(name), sum(code)];
    if (polyfill || facts) values.push(polyfill ? sum(polyfill) : "undefined");
    if (facts) values.push(JSON.stringify(facts));
    return `${head.join("\n")}\nexport default /* @__PURE__ */ published(${values.join(", ")});\n`;
  }

  /** What the module exports. */
  shader(file: string, loaded: LoadedShader): Shader {
    return expand(this.#short(file, loaded));
  }

  /** The JavaScript of a piece's module. */
  piece(id: string): string {
    return `export default ${JSON.stringify(this.#texts.get(id))};\n`;
  }

  #short(file: string, { shader, source, polyfill }: LoadedShader): Short {
    const short: Short = {
      name: shader.name,
      code: this.#pieces(file, source),
      ...(polyfill && { polyfill: this.#pieces(file, polyfill) }),
    };
    const read = expand(short);
    const facts = Object.fromEntries(
      (["bindings", "params", "overrides", "workgroupSize"] as const)
        .filter((key) => JSON.stringify(read[key]) !== JSON.stringify(shader[key]))
        .map((key) => [key, shader[key]]),
    );
    return Object.keys(facts).length > 0 ? { ...short, facts } : short;
  }

  /** A text's lines, those of one file after another together. */
  #pieces(file: string, source: Source): readonly Piece[] {
    const found: { text: string; file: string }[] = [];
    for (const [i, line] of source.code.split("\n").entries()) {
      const from = source.origin(i + 1).file;
      const last = found.at(-1);
      if (last?.file === from) last.text += `\n${line}`;
      else found.push({ text: line, file: from });
    }
    return found.flatMap((piece) => {
      const text = shortBindings(this.#shorten(piece.text));
      return text ? [{ text, shared: piece.file !== file }] : [];
    });
  }

  #share(text: string): string {
    const id = `\0dot4-wgsl:${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
    this.#texts.set(id, text);
    return id;
  }
}
