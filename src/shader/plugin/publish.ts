/**
 * How shaders go into the published package: in the short form that published.ts turns into a Shader, all in one module, each
 * include once however many shaders paste it. Bundlers drop what no page imports, constant by constant, and what lies side by
 * side compresses better.
 */
import { fileURLToPath } from "node:url";
import { published } from "../published.ts";
import type { Shader } from "../shader.ts";
import type { LoadedShader } from "./index.ts";
import { shortNames } from "./shorten.ts";
import type { Source } from "./source.ts";

/** The module of all shaders. */
export const shadersId = "\0dot4-shaders";

const expander = fileURLToPath(new URL("../published.ts", import.meta.url));

function shortDeclarations(piece: string): string {
  let next: number | undefined;
  return piece
    .replace(/@group\(0\)@binding\((\d+)\)var<(?:(uniform)|storage(?:,read(_write)?)?)>/g, (_, number: string, uniform, write) => {
      const known = next === Number(number);
      next = Number(number) + 1;
      return `@${uniform ? "u" : write ? "w" : "r"}${known ? "" : number} `;
    })
    .replace(/struct Params\{[^}]+/, (struct) => struct.replace(/:u32(?=,|$)/g, ""));
}

/** The arguments of `published`; texts are put together from pieces. */
interface Short {
  readonly name: string;
  readonly code: readonly string[];
  readonly polyfill?: readonly string[];
  /** What `published` would not read off the text. */
  readonly facts?: Partial<Shader>;
}

const expand = ({ name, code, polyfill, facts }: Short): Shader => published(name, code, polyfill, facts);

export class Publisher {
  readonly #shorts: ReadonlyMap<string, Short>;
  readonly #shorten: (code: string) => string;

  /** @param shaders all that the package holds, by file: names are chosen for all of them together */
  constructor(shaders: ReadonlyMap<string, LoadedShader>) {
    this.#shorten = shortNames([...shaders.values()].map(({ source, polyfill }) => [source.code, ...(polyfill ? [polyfill.code] : [])]));
    this.#shorts = new Map([...shaders].map(([file, loaded]) => [file, this.#short(loaded)]));
  }

  /** The JavaScript of a shader's module; undefined for a file that is none of the package. */
  module(file: string): string | undefined {
    const at = [...this.#shorts.keys()].indexOf(file);
    return at < 0 ? undefined : `export { shader${at} as default } from ${JSON.stringify(shadersId)};\n`;
  }

  /** What a shader's module exports. */
  shader(file: string): Shader | undefined {
    const short = this.#shorts.get(file);
    return short && expand(short);
  }

  /** The JavaScript of the module of all shaders. */
  shaders(): string {
    const pieces = new Map<string, string>();
    const nameOf = (text: string): string => {
      const name = pieces.get(text) ?? `piece${pieces.size}`;
      pieces.set(text, name);
      return name;
    };
    // A list and no sum, which bundlers may think to do something.
    const list = (texts: readonly string[]): string => `[${texts.map(nameOf).join(", ")}]`;
    const exported = [...this.#shorts.values()].map(({ name, code, polyfill, facts }, i) => {
      const values = [JSON.stringify(name), list(code)];
      if (polyfill || facts) values.push(polyfill ? list(polyfill) : "undefined");
      if (facts) values.push(JSON.stringify(facts));
      return `export const shader${i} = /* @__PURE__ */ published(${values.join(", ")});`;
    });
    // Texts that begin alike lie together: less to load once compressed.
    const constants = [...pieces].sort().map(([text, name]) => `const ${name} = ${JSON.stringify(text)};`);
    return [`import { published } from ${JSON.stringify(expander)};`, ...constants, ...exported, ""].join("\n");
  }

  #short({ shader, source, polyfill }: LoadedShader): Short {
    const short: Short = {
      name: shader.name,
      code: this.#pieces(source),
      ...(polyfill && { polyfill: this.#pieces(polyfill) }),
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
  #pieces(source: Source): readonly string[] {
    const found: { text: string; file: string }[] = [];
    for (const [i, line] of source.code.split("\n").entries()) {
      const from = source.origin(i + 1).file;
      const last = found.at(-1);
      if (last?.file === from) last.text += `\n${line}`;
      else found.push({ text: line, file: from });
    }
    return found.map((piece) => shortDeclarations(this.#shorten(piece.text))).filter(Boolean);
  }
}
