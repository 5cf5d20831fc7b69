/** From WGSL text to the facts of a Shader. Runs when a bundle is built, never in it. */
import { WgslReflect } from "wgsl_reflect/wgsl_reflect.module.js";
import type { ParamsLayout, Shader, ShaderBinding, ShaderOverride } from "../shader.ts";
import { maskComments, ShaderSourceError, type Source } from "./source.ts";

type Scalar = "u32" | "i32" | "f32";
type Facts = Pick<Shader, "bindings" | "params" | "overrides" | "workgroupSize">;

const isScalar = (name: string): name is Scalar => name === "u32" || name === "i32" || name === "f32";

/** @throws ShaderSourceError for anything that the library has no use for: other groups, gaps, textures, several entries. */
export function reflect(source: Source): Facts {
  const text = maskComments(source.code);
  const fail = (index: number, problem: string): never => {
    throw new ShaderSourceError(source.origin(text.slice(0, index).split("\n").length), problem);
  };
  const reflection = parse(source, text);
  const bindings = readBindings(text, fail);
  const overrides = readOverrides(text, fail);
  const entries = reflection.entry.compute;
  if (entries.length !== 1 || entries[0]!.name !== "main")
    fail(0, `a shader has one @compute entry, main; got ${entries.map((e) => e.name).join(", ") || "none"}`);
  const params = readParams(reflection, text, bindings, fail);
  return { bindings, ...(params && { params }), overrides, workgroupSize: readWorkgroupSize(text, overrides, fail) };
}

/** wgsl_reflect throws errors and strings, and takes no hexadecimal literal with the suffix i. */
function parse(source: Source, text: string): WgslReflect {
  try {
    return new WgslReflect(text.replace(/\b(0[xX][\da-fA-F]+)i\b/g, "$1 "));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const line = Number(/line:? ?(\d+)/i.exec(message)?.[1] ?? 1);
    throw new ShaderSourceError(source.origin(line), message.replace(/\.? ?(at )?line:? ?\d+/i, ""));
  }
}

type Fail = (index: number, problem: string) => never;

/**
 * Read from the text, not from wgsl_reflect: it keys variables by binding, so that of two on one binding it shows one.
 */
function readBindings(text: string, fail: Fail): readonly ShaderBinding[] {
  const found: (ShaderBinding & { readonly index: number })[] = [];
  const declaration =
    /((?:@\w+\s*(?:\([^()]*\)\s*)?)*)\bvar\s*(?:<\s*(\w+)\s*(?:,\s*(\w+)\s*,?\s*)?>)?\s*(\w+)\s*:\s*(\w+(?:\s*<[^;=]*>)?)/g;
  for (const { 0: all, 1: attributes = "", 2: space, 3: access, 4: name = "", 5: type = "", index: start } of text.matchAll(declaration)) {
    const index = start + all.indexOf("var");
    const group = /@group\s*\(([^()]*)\)/.exec(attributes)?.[1]?.trim();
    const binding = /@binding\s*\(([^()]*)\)/.exec(attributes)?.[1]?.trim();
    const bound = group !== undefined || binding !== undefined;
    if (!bound && space !== "storage" && space !== "uniform") continue;
    if (space !== "storage" && space !== "uniform") fail(index, `${name} must be a storage or uniform buffer`);
    if (!/^0u?$/.test(group ?? "")) fail(index, `${name} must be in @group(0); got ${group ?? "no group"}`);
    if (!/^\d+u?$/.test(binding ?? "")) fail(index, `${name} needs a literal @binding; got ${binding ?? "none"}`);
    if (access !== undefined && access !== "read" && access !== "read_write") fail(index, `${name} has access ${access}`);
    const kind = space === "uniform" ? "uniform" : access === "read_write" ? "read_write" : "read";
    if (kind === "uniform" && name !== "params" && !/^(?:[uif]32|vec[234](?:[uif]|\s*<\s*[uif]32\s*>))$/.test(type))
      fail(index, `the uniform ${name} must be a scalar or a vector of u32, i32 or f32; got ${type}`);
    found.push({ name, binding: parseInt(binding!, 10), kind, index });
  }
  found.sort((a, b) => a.binding - b.binding);
  for (const [i, { name, binding, index }] of found.entries()) {
    const before = found[i - 1];
    if (before?.binding === binding) fail(index, `${name} and ${before.name} are both on @binding(${binding})`);
    if (binding !== i) fail(index, `bindings must be dense from 0: ${name} is on ${binding}, nothing is on ${i}`);
    if (found.some((other) => other.name === name && other.binding !== binding)) fail(index, `two variables are called ${name}`);
  }
  return found.map(({ name, binding, kind }) => ({ name, binding, kind }));
}

function readParams(reflection: WgslReflect, text: string, bindings: readonly ShaderBinding[], fail: Fail): ParamsLayout | undefined {
  const bound = bindings.find((b) => b.name === "params");
  const struct = reflection.structs.find((s) => s.name === "Params");
  if (!bound && !struct) return undefined;
  const index = Math.max(0, text.search(struct ? /\bstruct\s+Params\b/ : /\bparams\s*:/));
  const type = reflection.uniforms.find((u) => u.name === "params")?.type.name;
  if (!bound || !struct || type !== "Params") fail(index, "struct Params and var<uniform> params: Params come together");
  const fields = struct!.members.map((m) => {
    const type = m.type.name;
    if (!isScalar(type)) return fail(index, `Params.${m.name} must be u32, i32 or f32; got ${type}`);
    return { name: m.name, offset: m.offset, type };
  });
  return { size: Math.ceil(struct!.size / 16) * 16, fields };
}

/**
 * An override whose default is an expression of others is the shader's own affair: it is not listed, so no host sets it.
 */
function readOverrides(text: string, fail: Fail): readonly ShaderOverride[] {
  const overrides: ShaderOverride[] = [];
  for (const { 1: attributes = "", 2: name = "", 3: type, 4: given, index } of text.matchAll(
    /((?:@\w+\s*(?:\([^()]*\)\s*)?)*)\boverride\s+(\w+)\s*(?::\s*(\w+)\s*)?(?:=\s*([^;]+?)\s*)?;/g,
  )) {
    if (attributes.includes("@id")) fail(index, `override ${name} is set by name; drop its @id`);
    const literal = given === undefined ? undefined : readLiteral(given);
    if (given !== undefined && literal === undefined) continue;
    const known = type ?? literal?.type;
    if (known !== "bool" && !isScalar(known ?? "")) fail(index, `override ${name} must be u32, i32, f32 or bool; got ${known}`);
    overrides.push({ name, type: known as ShaderOverride["type"], ...(literal && { default: literal.value }) });
  }
  return overrides;
}

function readLiteral(text: string): { readonly type: ShaderOverride["type"]; readonly value: number } | undefined {
  if (text === "true" || text === "false") return { type: "bool", value: Number(text === "true") };
  const [, digits, suffix] = /^(-?(?:0[xX][\da-fA-F]+|\d+))([iu]?)$/.exec(text) ?? [];
  if (digits !== undefined) return { type: suffix === "u" ? "u32" : "i32", value: Number(digits) };
  const [, float] = /^(-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)f?$/.exec(text) ?? [];
  return float === undefined ? undefined : { type: "f32", value: Number(float) };
}

function readWorkgroupSize(text: string, overrides: readonly ShaderOverride[], fail: Fail): Shader["workgroupSize"] {
  const match = /@workgroup_size\s*\(([^()]*)\)/.exec(text);
  if (!match) return fail(0, "main has no @workgroup_size of literals, constants and overrides");
  const axes = match[1]!
    .split(",")
    .map((axis) => axis.trim())
    .filter(Boolean);
  const sizes = axes.map((axis) => {
    const literal = readLiteral(axis)?.value;
    if (literal !== undefined) return literal;
    if (overrides.some((o) => o.name === axis)) return axis;
    const constant = new RegExp(`\\bconst\\s+${axis.replace(/\W/g, "\\$&")}\\s*(?::\\s*\\w+\\s*)?=\\s*(\\w+)\\s*;`).exec(text)?.[1];
    const value = constant === undefined ? undefined : readLiteral(constant)?.value;
    return value ?? fail(match.index, `@workgroup_size takes literals, constants and overrides; got ${axis}`);
  });
  return [sizes[0] ?? 1, sizes[1] ?? 1, sizes[2] ?? 1];
}
