/**
 * From the short form in which the plugin publishes a shader to the Shader that it stands for. Pages load every byte of
 * this package, so a binding is written as `@r0 x:array<u32>;` (`@r x` where the number is one more than the one before), a
 * field of Params as `width a` (called `a` in the code; u32 unless it says otherwise), and what the text says is not said again
 * beside it.
 */
import type { ParamsLayout, Shader, ShaderBinding, ShaderOverride } from "./shader.ts";

const kinds = { u: "uniform", r: "read", w: "read_write" } as const;

/** What cannot be read off the text by the few patterns below comes in `facts`; the plugin compares when it builds. */
export function published(name: string, pieces: readonly string[], polyfill?: readonly string[], facts?: Partial<Shader>): Shader {
  const text = pieces.join("");
  const bindings: ShaderBinding[] = [];
  const fields: ParamsLayout["fields"][number][] = [];
  let next = 0;
  const code = text
    .replace(/@([urw])(\d*) (\w+)(:Params)?/g, (all, letter: keyof typeof kinds, number: string, name: string, isParams) => {
      const kind = kinds[letter];
      const binding = number ? Number(number) : next;
      next = binding + 1;
      bindings[binding] = { name: isParams ? "params" : name, binding, kind };
      return `@group(0)@binding(${binding})var<${kind === "uniform" ? kind : `storage,${kind}`}>${all.slice(all.indexOf(" ") + 1)}`;
    })
    .replace(/(?<=struct Params\{)[^}]+/, (list: string) =>
      list.replace(
        /(\w+)(?: (\w+))?(?::(\w+))?/g,
        (_, name: string, short = name, type: ParamsLayout["fields"][number]["type"] = "u32") => {
          fields.push({ name, offset: 4 * fields.length, type });
          return `${short}:${type}`;
        },
      ),
    );
  const overrides = [...text.matchAll(/override (\w+):(\w+)(?:=(true|[\w.]+))?/g)].map(([, name, type, value]) => ({
    name,
    type,
    ...(value && { default: value === "true" ? 1 : parseFloat(value) || 0 }),
  }));
  const [, x, y = 1, z = 1] = /@workgroup_size\((\d+),?(\d+)?,?(\d+)?/.exec(text) ?? [];
  return {
    name,
    code,
    ...(polyfill && { polyfill: published(name, polyfill).code }),
    bindings,
    ...(fields.length && { params: { size: Math.ceil(fields.length / 4) * 16, fields } }),
    overrides: overrides as ShaderOverride[],
    workgroupSize: [Number(x), Number(y), Number(z)],
    ...facts,
  };
}
