/**
 * Short WGSL for the published package: no white space that nothing needs, and one or two letters for every name that no
 * host says. Bindings but `params`, overrides, `Params` with its fields and `main` keep theirs, as does what WGSL itself declares.
 */
import { maskComments } from "./source.ts";

/** Pairs of characters that would become one token, or another. */
const merging = /^(?:\w\w|[-+*/%&|^<>=!]=|\+\+|--|->|<<|>>|&&|\|\||\/[/*])$/;

/** Without comments, white space between what cannot run together, and commas at the end of lists. */
export const compact = (code: string): string =>
  maskComments(code)
    .trim()
    .replace(/\s+/g, (_space, at: number, all: string) => (merging.test(all[at - 1]! + all.slice(at).trimStart()[0]!) ? " " : ""))
    .replace(/,(?=[)}])/g, "")
    .replace(/\bvec([234])<([uif])32>/g, "vec$1$2");

const tokens = /0[xX][\da-fA-F.]+(?:[pP][+-]?\d+)?[iufh]?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[iufh]?|@?[A-Za-z_]\w*|->|\s+|[^\w\s]/g;
const isName = (token: string): boolean => /^[A-Za-z_]/.test(token);

interface Word {
  readonly text: string;
  /** Of a name that a shader may declare; names after a dot and in structs are a world of their own and begin with a dot. */
  readonly key?: string;
  /** `let`, `struct`, `Params.` ...: what the name is declared as, where it is. */
  readonly declares?: string;
}

function read(code: string): readonly Word[] {
  const all = code.match(tokens) ?? [];
  const solid = all.flatMap((token, i) => (token.trim() ? [i] : []));
  const words: Word[] = all.map((text) => ({ text }));
  let struct: string | undefined;
  let declares: string | undefined;
  for (let n = 0; n < solid.length; n++) {
    const at = (offset: number): string => all[solid[n + offset] ?? -1] ?? "";
    const text = at(0);
    if (text === "}") struct = undefined;
    if (/^(?:let|const|override|fn|struct|alias|var)$/.test(text)) {
      declares = text;
      // Address spaces and access modes are no names of ours.
      if (text === "var" && at(1) === "<") for (; at(0) !== ">"; n++) if (/^(?:storage|uniform)$/.test(at(0))) declares = "binding";
    } else if (text === "@builtin") n += 2;
    else if (isName(text)) {
      const member = at(-1) === "." || (struct !== undefined && at(1) === ":");
      const declared = declares ?? (at(1) === ":" ? (struct ?? "parameter") : undefined);
      words[solid[n]!] = { text, key: member ? `.${text}` : text, ...(declared && at(-1) !== "." && { declares: declared }) };
      if (declares === "struct") struct = `${text}.`;
      declares = undefined;
    }
  }
  return words;
}

/** Kept by words of the language as well, which no shader declares. */
const kept = new Set(["main", "Params", "default"]);
const swizzle = /^\.(?:[xyzw]{1,4}|[rgba]{1,4})$/;
const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const reserved = new Set(["as", "do", "fn", "if", "in", "is", "of", "on", "or"]);
const candidates = [...letters, ...letters.flatMap((a) => letters.map((b) => a + b))].filter((name) => !reserved.has(name));

/**
 * From code to short code. A name's short name is the same in every shader, so that includes stay shared, and no two names
 * that meet in a shader have the same one: nothing can be captured.
 * @param shaders for each shader all texts that it is compiled from, its polyfill form's too
 */
export function shortNames(shaders: readonly (readonly string[])[]): (code: string) => string {
  const uses = new Map<string, { count: number; readonly shaders: Set<number> }>();
  const declared = new Set<string>();
  const fixed = new Set(kept);
  for (const [i, texts] of shaders.entries())
    for (const { key, declares } of texts.flatMap((text) => read(compact(text)))) {
      if (key === undefined) continue;
      const use = uses.get(key) ?? { count: 0, shaders: new Set<number>() };
      uses.set(key, use);
      use.count++;
      use.shaders.add(i);
      if ((declares === "binding" && key !== "params") || declares === "override" || declares === "Params.") fixed.add(key);
      else if (declares) declared.add(key);
    }
  const isFixed = (key: string): boolean => !declared.has(key) || fixed.has(key) || swizzle.test(key);

  const taken = shaders.map(() => new Set<string>());
  for (const [key, use] of uses) if (isFixed(key)) for (const i of use.shaders) taken[i]!.add(key);
  const short = new Map<string, string>();
  for (const [key, use] of [...uses].sort(([, a], [, b]) => b.count - a.count)) {
    if (isFixed(key)) continue;
    const world = key.startsWith(".") ? "." : "";
    const name = candidates.find((name) => [...use.shaders].every((i) => !taken[i]!.has(world + name)));
    if (name === undefined) throw new Error(`no short name is left for ${key}`);
    for (const i of use.shaders) taken[i]!.add(world + name);
    short.set(key, name);
  }
  return (code) =>
    read(compact(code))
      .map(({ text, key }) => (key === undefined ? text : (short.get(key) ?? text)))
      .join("");
}
