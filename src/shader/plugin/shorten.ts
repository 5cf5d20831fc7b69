/**
 * Short WGSL for the published package: no white space that nothing needs, and one or two letters for every name that no
 * host says. Bindings but `params`, overrides, `Params` and `main` keep theirs, as does what WGSL itself declares; a field of
 * `Params` gets a short name behind its own.
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

/** For each token the number of the function that it belongs to, from 1; 0 outside. */
function functionsAt(all: readonly string[]): readonly number[] {
  let [functions, within, depth] = [0, 0, 0];
  return all.map((token) => {
    if (token === "fn") within = ++functions;
    const here = within;
    if (token === "{") depth++;
    if (token === "}" && --depth === 0) within = 0;
    return here;
  });
}

function read(code: string): readonly Word[] {
  const all = code.match(tokens) ?? [];
  const solid = all.flatMap((token, i) => (token.trim() ? [i] : []));
  const words: Word[] = all.map((text) => ({ text }));
  let struct: string | undefined;
  let declares: string | undefined;
  let depth = 0;
  for (let n = 0; n < solid.length; n++) {
    const at = (offset: number): string => all[solid[n + offset] ?? -1] ?? "";
    const text = at(0);
    if (text === "{") depth++;
    if (text === "}") {
      struct = undefined;
      depth--;
    }
    if (/^(?:let|const|override|fn|struct|alias|var)$/.test(text)) {
      declares = text;
      // Address spaces and access modes are no names of ours.
      if (text === "var" && at(1) === "<") for (; at(0) !== ">"; n++) if (/^(?:storage|uniform)$/.test(at(0))) declares = "binding";
    } else if (text === "@builtin") n += 2;
    else if (isName(text)) {
      const member = at(-1) === "." || (struct !== undefined && at(1) === ":");
      // In a body, a colon stands behind a type's name or a case.
      const declared = declares ?? (at(1) === ":" ? (struct ?? (depth === 0 ? "parameter" : undefined)) : undefined);
      words[solid[n]!] = { text, key: member ? `.${text}` : text, ...(declared && at(-1) !== "." && { declares: declared }) };
      if (declares === "struct") struct = `${text}.`;
      declares = undefined;
    }
  }
  return words;
}

/** What lies in one function, or between two. */
interface Part {
  readonly words: readonly Word[];
  readonly isFunction: boolean;
  /** As it was written: what a shader's functions are known by. */
  readonly text: string;
}

function partsOf(code: string): readonly Part[] {
  const words = read(compact(code));
  const functions = functionsAt(words.map((word) => word.text));
  const parts: Word[][] = [];
  for (const [i, word] of words.entries())
    if (i > 0 && functions[i] === functions[i - 1]) parts.at(-1)!.push(word);
    else parts.push([word]);
  return parts.map((words) => ({ words, isFunction: words[0]!.text === "fn", text: words.map((word) => word.text).join("") }));
}

/** Kept by words of the language as well, which no shader declares. */
const kept = new Set(["main", "Params", "default"]);
const swizzle = /^\.(?:[xyzw]{1,4}|[rgba]{1,4})$/;
const small = [..."abcdefghijklmnopqrstuvwxyz"];
const capital = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const reserved = new Set(["as", "do", "fn", "if", "in", "is", "of", "on", "or"]);
const pairs = (first: readonly string[], second: readonly string[]): readonly string[] =>
  first.flatMap((a) => second.map((b) => a + b)).filter((name) => !reserved.has(name));
/** For what functions and structs declare. What lies outside has other names first, which seldom stand in their way. */
const innerNames = [...small, ...capital, ...pairs(small, small)];
const outerNames = [...capital, ...pairs(capital, small), ...pairs(capital, capital), ...pairs(small, capital)];

/** The names taken where names must stay different. */
type Scope = Set<string>;

/** How often names are used, and in which scopes. */
class Uses {
  readonly #names: (key: string) => readonly string[];
  readonly #all = new Map<string, { count: number; readonly scopes: Set<Scope> }>();

  constructor(names: (key: string) => readonly string[]) {
    this.#names = names;
  }

  add(key: string, ...scopes: readonly Scope[]): void {
    const use = this.#all.get(key) ?? { count: 0, scopes: new Set() };
    this.#all.set(key, use);
    use.count++;
    for (const scope of scopes) use.scopes.add(scope);
  }

  /** The most frequent first, each the first name that is free. */
  choose(isFixed: (key: string) => boolean = () => false): ReadonlyMap<string, string> {
    const short = new Map<string, string>();
    for (const [key, { scopes }] of this.#all) if (isFixed(key)) for (const scope of scopes) scope.add(key.replace(".", ""));
    for (const [key, { scopes }] of [...this.#all].sort(([, a], [, b]) => b.count - a.count)) {
      if (isFixed(key)) continue;
      const name = this.#names(key).find((name) => [...scopes].every((scope) => !scope.has(name)));
      if (name === undefined) throw new Error(`no short name is left for ${key}`);
      for (const scope of scopes) scope.add(name);
      short.set(key, name);
    }
    return short;
  }
}

/**
 * From code to short code. A name's short name is the same wherever it is declared in a function, and so it is outside
 * functions and in structs, so that includes stay shared and similar code becomes similar text. No two names that meet have the
 * same one (outside functions: in a shader; of fields: in a struct), so nothing can be captured.
 * @param shaders for each shader all texts that it is compiled from, its polyfill form's too
 */
export function shortNames(shaders: readonly (readonly string[])[]): (code: string) => string {
  const parsed = shaders.map((texts) => texts.flatMap(partsOf));
  const isInner = ({ isFunction }: Part, { declares }: Word): boolean => isFunction && declares !== undefined && declares !== "fn";

  // A function's own names are those that mean nothing outside it in any of its shaders.
  const outside = new Map<string, Set<string>[]>();
  for (const parts of parsed) {
    const names = new Set(parts.flatMap((part) => part.words.flatMap((w) => (w.declares && !isInner(part, w) ? [w.key!] : []))));
    for (const { text } of parts) outside.set(text, [...(outside.get(text) ?? []), names]);
  }
  const ownOf = (part: Part): ReadonlySet<string> =>
    new Set(part.words.flatMap((w) => (isInner(part, w) && !outside.get(part.text)?.some((names) => names.has(w.key!)) ? [w.key!] : [])));

  const uses = new Uses((key) => (key.startsWith(".") ? innerNames : outerNames));
  const declared = new Set<string>();
  const fixed = new Set(kept);
  for (const parts of parsed) {
    const shader: Scope = new Set();
    for (const part of parts) {
      const own = ownOf(part);
      let struct: Scope = new Set();
      for (const { key, declares } of part.words) {
        if (key === undefined || own.has(key)) continue;
        if (declares === "struct") struct = new Set();
        if (!key.startsWith(".")) uses.add(key, shader);
        else if (declares) uses.add(key, struct);
        else uses.add(key);
        if ((declares === "binding" && key !== "params") || declares === "override") fixed.add(key);
        else if (declares) declared.add(key);
      }
    }
  }
  const short = uses.choose((key) => !declared.has(key) || fixed.has(key) || swizzle.test(key));

  const innerUses = new Uses(() => innerNames);
  for (const part of new Map(parsed.flat().map((part) => [part.text, part])).values()) {
    const own = ownOf(part);
    const taken: Scope = new Set(
      part.words.flatMap(({ key, text }) => (key?.startsWith(".") === false && !own.has(key) ? [short.get(key) ?? text] : [])),
    );
    for (const { key } of part.words) if (key && own.has(key)) innerUses.add(key, taken);
  }
  const inner = innerUses.choose();

  return (code) =>
    partsOf(code)
      .flatMap((part) => {
        if (!outside.has(part.text) && part.isFunction) throw new Error(`an include ends within a function: ${part.text}`);
        const own = ownOf(part);
        return part.words.map(({ text, key = "", declares }) => {
          const name = own.has(key) ? inner.get(key) : short.get(key);
          return name === undefined || name === text ? text : declares === "Params." ? `${text} ${name}` : name;
        });
      })
      .join("");
}
