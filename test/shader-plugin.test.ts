import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { build, createServer, type Rollup } from "vite";
import { loadShader, wgsl } from "../src/shader/plugin/index.ts";
import { compact, shortNames } from "../src/shader/plugin/shorten.ts";
import type { Shader } from "../src/shader/shader.ts";
import { maskComments } from "../src/shader/plugin/source.ts";

let root = "";
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), "dot4-wgsl-"))));
afterEach(() => rmSync(root, { recursive: true }));

const write = (files: Record<string, string>): string => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return join(root, "k.wgsl");
};
const main = "@compute @workgroup_size(64)\nfn main() {}\n";

test("reflects bindings, Params, overrides and the workgroup size", () => {
  const file = write({
    "k.wgsl": `
struct Params { n: u32, zeroPoint: i32, scale: f32, }
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(0) var<storage, read> x: array<vec4<u32>>;
@binding(3) @group(0) var<uniform> params: Params;
@group(0) @binding(2) var<uniform> xZeroPoint: i32;
// @group(0) @binding(9) var<storage> old: array<u32>;
override width: u32 = 8u;
override rows = 3;
override eps: f32 = 1e-5f;
override relu: bool = false;
override channels: u32;
override area = width * width;
const depth: u32 = 2u;
const low = -0x7f800001i; // wgsl_reflect does not take this literal
var<workgroup> tile: array<u32, 64>;
@compute @workgroup_size(width, depth)
fn main() { y[0] = x[0].x + params.n; }`,
  });
  const { shader } = loadShader(file);
  expect(shader.name).toBe("k");
  expect(shader.polyfill).toBeUndefined();
  expect(shader.bindings).toEqual([
    { name: "x", binding: 0, kind: "read" },
    { name: "y", binding: 1, kind: "read_write" },
    { name: "xZeroPoint", binding: 2, kind: "uniform" },
    { name: "params", binding: 3, kind: "uniform" },
  ]);
  expect(shader.params).toEqual({
    size: 16,
    fields: [
      { name: "n", offset: 0, type: "u32" },
      { name: "zeroPoint", offset: 4, type: "i32" },
      { name: "scale", offset: 8, type: "f32" },
    ],
  });
  expect(shader.overrides).toEqual([
    { name: "width", type: "u32", default: 8 },
    { name: "rows", type: "i32", default: 3 },
    { name: "eps", type: "f32", default: 1e-5 },
    { name: "relu", type: "bool", default: 0 },
    { name: "channels", type: "u32" },
  ]);
  expect(shader.workgroupSize).toEqual(["width", 2, 1]);
});

test("pastes each include once, deep ones first, and hoists each directive once", () => {
  const file = write({
    "lib/a.wgsl": 'requires packed_4x8_integer_dot_product;\n// #include "lib/b.wgsl"\nfn a() {}\n',
    "lib/b.wgsl": "requires  packed_4x8_integer_dot_product;\nfn b() {}\n",
    "k.wgsl": `// header\n// #include "lib/a.wgsl"\n// #include "lib/b.wgsl"\n${main}`,
  });
  const { shader, source } = loadShader(file);
  expect(shader.code).toBe(`requires packed_4x8_integer_dot_product;\n// header\nfn b() {}\nfn a() {}\n${main}`);
  expect(source.includes).toEqual([join(root, "lib/a.wgsl"), join(root, "lib/b.wgsl")]);
  expect(source.origin(4)).toEqual({ file: join(root, "lib/a.wgsl"), line: 3 });
  expect(source.origin(6)).toEqual({ file, line: 5 });
});

test("makes the polyfill twin where dot4.wgsl is included, even through another include", () => {
  const file = write({
    "lib/dot4.wgsl": "requires packed_4x8_integer_dot_product;\nfn dot4() {}\n",
    "lib/dot4_polyfill.wgsl": "fn dot4() { /* by hand */ }\n",
    "lib/gemm.wgsl": '// #include "lib/dot4.wgsl"\n',
    "k.wgsl": `// #include "lib/gemm.wgsl"\n${main}`,
  });
  const { shader } = loadShader(file);
  expect(shader.code).toBe(`requires packed_4x8_integer_dot_product;\nfn dot4() {}\n${main}`);
  expect(shader.polyfill).toBe(`fn dot4() { /* by hand */ }\n${main}`);
});

const storage = (binding: number | string, name: string, group: number | string = 0): string =>
  `@group(${group}) @binding(${binding}) var<storage, read_write> ${name}: array<u32>;\n`;

test.each([
  ["a missing include", { "k.wgsl": `\n// #include "lib/no.wgsl"\n${main}` }, /k\.wgsl:2: cannot read the include lib\/no\.wgsl/],
  [
    "a circle",
    {
      "k.wgsl": `// #include "lib/a.wgsl"\n${main}`,
      "lib/a.wgsl": '// #include "lib/b.wgsl"\n',
      "lib/b.wgsl": '\n// #include "lib/a.wgsl"\n',
    },
    /lib\/b\.wgsl:2: includes go in a circle: lib\/a\.wgsl -> lib\/b\.wgsl -> lib\/a\.wgsl/,
  ],
  ["an include without quotes", { "k.wgsl": `// #include lib/a.wgsl\n${main}` }, /k\.wgsl:1: an include is written/],
  ["two variables on one binding", { "k.wgsl": storage(0, "x") + storage(0, "y") + main }, /k\.wgsl:2: y and x are both on @binding\(0\)/],
  [
    "a gap between bindings",
    { "k.wgsl": storage(0, "x") + storage(2, "y") + main },
    /k\.wgsl:2: bindings must be dense from 0: y is on 2, nothing is on 1/,
  ],
  ["another group", { "k.wgsl": storage(0, "x", 1) + main }, /k\.wgsl:1: x must be in @group\(0\); got 1/],
  ["a binding by name", { "k.wgsl": storage("first", "x") + main }, /k\.wgsl:1: x needs a literal @binding; got first/],
  ["a texture", { "k.wgsl": `@group(0) @binding(0) var t: texture_2d<f32>;\n${main}` }, /k\.wgsl:1: t must be a storage or uniform buffer/],
  [
    "Params that are not bound",
    { "k.wgsl": `\nstruct Params { n: u32 }\n${main}` },
    /k\.wgsl:2: struct Params and var<uniform> params: Params come together/,
  ],
  [
    "a vector in Params",
    { "k.wgsl": `struct Params { n: vec2<u32> }\n@group(0) @binding(0) var<uniform> params: Params;\n${main}` },
    /k\.wgsl:1: Params\.n must be u32, i32 or f32/,
  ],
  ["an override with an id", { "k.wgsl": `@id(3) override n: u32;\n${main}` }, /k\.wgsl:1: override n is set by name/],
  [
    "a workgroup size of an unknown name",
    { "k.wgsl": "@compute @workgroup_size(wide)\nfn main() {}\n" },
    /k\.wgsl:1: @workgroup_size takes .* got wide/,
  ],
  ["what no token begins with", { "k.wgsl": `${main}\nconst a = #;\n` }, /k\.wgsl:4: Invalid syntax/],
  ["no entry point", { "k.wgsl": "fn helper() {}\n" }, /k\.wgsl:1: a shader has one @compute entry/],
  [
    "a syntax error in an include",
    { "k.wgsl": `// #include "lib/a.wgsl"\n${main}`, "lib/a.wgsl": "fn ok() {}\nfn bad( {}\n" },
    /lib\/a\.wgsl:2: /,
  ],
])("refuses %s, naming file and line", (_, files, message) => {
  expect(() => loadShader(write(files as unknown as Record<string, string>))).toThrow(message);
});

test("block comments nest and hide code, strings of slashes end at the line", () => {
  expect(maskComments("a /* b /* c */ d */ e // f\ng")).toBe("a                   e     \ng");
});

test("a compact shader has no comments, indentation or spare space, and no operator runs into the next", () => {
  const code = "// header\n\nfn f(a: i32, b: i32) -> i32 {\n  let c = a - -b; // why\n  return select(a + b, -c, a < b && c > 1);\n}\n";
  expect(compact(code)).toBe("fn f(a:i32,b:i32)->i32{let c=a- -b;return select(a+b,-c,a<b&&c>1);}");
});

test("short names are given to what a shader declares, and to nothing that a host or WGSL names", () => {
  const shader = compact(`
struct Params { words: u32, x: u32, }
struct Window { words: u32, top: i32, x: i32 }
override ROUNDING: u32 = 0u;
@group(0) @binding(0) var<storage, read> words: array<u32>;
@group(0) @binding(1) var<uniform> params: Params;
var<workgroup> read: array<vec4<u32>, 64>;
const outside = 0xffu;
fn window(at: u32, top: i32) -> Window { return Window(at + params.words, top, 1); }
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local_invocation_index: u32) {
  let found = window(local_invocation_index, bitcast<i32>(ROUNDING));
  read[found.words].xy = vec2<u32>(words[found.words] & 0xau, u32(found.top + found.x) + outside + params.x);
  let p = 0x1p-8;
}`);
  const short = shortNames([[shader]])(shader);
  // A field of Params is written with its short name behind its own.
  expect(short.match(/\w+/g)).toHaveLength(shader.match(/\w+/g)!.length + 1);
  expect(short).toContain("=0x1p-8;");
  expect(short).toMatch(/var<uniform>\w:Params;/); // published() knows it by its type
  expect(short).toMatch(/struct Params\{words \w:u32,x:u32\}/);
  for (const kept of ["override ROUNDING:u32=0u", "var<storage,read>words:"]) expect(short).toContain(kept);
  expect(short).toMatch(/@builtin\(local_invocation_index\)(\w):u32\)\{let (\w)=(\w)\(\1,bitcast<i32>\(ROUNDING\)\)/);
  const field = /struct Params\{words (\w)/.exec(short)![1];
  expect(short).toMatch(
    new RegExp(
      `struct (\\w)\\{${field}:u32,(\\w):i32,x:i32\\}.*fn (\\w)\\((\\w):u32,(\\w):i32\\)->\\1\\{return \\1\\(\\4\\+\\w\\.${field},\\5,1\\);\\}`,
    ),
  );
  expect(short).toMatch(
    new RegExp(`(\\w)\\[(\\w)\\.${field}\\]\\.xy=vec2u\\(words\\[\\2\\.${field}\\]&0xau,u32\\(\\2\\.\\w\\+\\2\\.x\\)\\+\\w\\+\\w\\.x\\)`),
  );
});

test("no two names that meet become one, and an include's names are the same everywhere", () => {
  const include = "fn shared(value:u32)->u32{return value+a();}fn a()->u32{return 1;}";
  const [one, two] = [`${include}fn first(b:u32){let c=shared(b);}`, `${include}fn second(value:u32,other:u32){let c=a()+other;}`] as const;
  const short = shortNames([[one], [two]]);
  const count = (text: string): number => new Set(text.match(/\b[a-zA-Z_]\w*/g)).size;
  for (const code of [one, two]) {
    expect(short(code).startsWith(short(include))).toBe(true);
    for (const function_ of code.split(/(?=\bfn )/)) expect(count(short(function_))).toBe(count(function_));
  }
});

test("names that never meet may become one: those of other functions and of other structs", () => {
  const code =
    "struct S{first:u32,second:f32}struct T{third:i32}fn one(left:S)->u32{return left.first;}fn two(right:T)->i32{return right.third;}";
  expect(shortNames([[code]])(code)).toBe("struct A{a:u32,b:f32}struct B{a:i32}fn C(a:A)->u32{return a.a;}fn D(a:B)->i32{return a.a;}");
});

test.each([
  [
    "a binding of one letter",
    "@group(0)@binding(0)var<uniform>a:f32;fn f(near:f32)->f32{return near+a;}",
    /fn A\(b:f32\)->f32\{return b\+a;\}/,
  ],
  [
    "a binding whose name a function takes",
    "@group(0)@binding(0)var<uniform>rate:f32;fn f()->f32{let rate=2*rate;return rate;}",
    /let rate=2\*rate;return rate;/,
  ],
  [
    "a case of a switch",
    "const GO=1;fn f(at:i32)->i32{switch at{case GO:{return 2;}default:{return 3;}}}",
    /const (\w)=1;fn \w\((\w):i32\)->i32\{switch \2\{case \1:\{return 2;\}default:/,
  ],
  [
    "a field that a vector has too",
    "struct S{far:u32,x:u32}fn f(s:S,v:vec2u)->u32{return s.x+v.x+s.far;}",
    /struct (\w)\{(\w):u32,x:u32\}fn \w\((\w):\1,(\w):vec2u\)->u32\{return \3\.x\+\4\.x\+\3\.\2;\}/,
  ],
])("%s keeps its meaning", (_, code, pattern) => {
  expect(shortNames([[code]])(code)).toMatch(pattern);
});

test("a function that no shader has as it is cannot be shortened: what its names mean outside is not known", () => {
  const short = shortNames([["fn f()->u32{let a=1u;return a;}"]]);
  expect(() => short("fn f()->u32{let a=1u;")).toThrow("an include ends within a function");
});

test("published shaders share their includes and say what they say when built alone", async () => {
  const file = write({
    "lib/dot4.wgsl": "requires packed_4x8_integer_dot_product;\nfn dot4() {} // native\n",
    "lib/dot4_polyfill.wgsl": "fn dot4() { /* by hand */ }\n",
    "lib/tile.wgsl": `// #include "lib/dot4.wgsl"\n// sums\nfn tile() -> u32 { return 1234567u; }\n`,
    "k.wgsl": `// #include "lib/tile.wgsl"\n${storage(0, "x")}${main}`,
    "l.wgsl": `// #include "lib/tile.wgsl"\n${storage(0, "y")}${main}`,
    "index.js": 'export { default as k } from "./k.wgsl";\nexport { default as l } from "./l.wgsl";\nimport unused from "./l.wgsl";\n',
  });
  const lib = { entry: join(root, "index.js"), formats: ["es" as const], fileName: "out" };
  const [{ output }] = (await build({
    configFile: false,
    root,
    logLevel: "silent",
    plugins: [wgsl({ publish: root })],
    build: { write: false, lib },
  })) as [Rollup.RollupOutput];
  expect(output[0].code.match(/1234567u/g)).toHaveLength(1);
  writeFileSync(join(root, "out.mjs"), output[0].code);
  const built = (await import(/* @vite-ignore */ join(root, "out.mjs"))) as Record<string, Shader>;
  for (const name of ["k", "l"]) {
    const { shader } = loadShader(file.replace("k.wgsl", `${name}.wgsl`));
    const { code, polyfill } = built[name]!;
    expect(built[name]).toEqual({ ...shader, code, polyfill });
    expect(code).toMatch(
      /^requires packed_4x8_integer_dot_product;fn \w\(\)\{\}fn \w\(\)->u32\{return 1234567u;\}@group\(0\)@binding\(0\)var<storage,read_write>[xy]:array<u32>;@compute@workgroup_size\(64\)fn main\(\)\{\}$/,
    );
    expect(polyfill).toBe(code.replace("requires packed_4x8_integer_dot_product;", ""));
  }
});

test("a development server serves a shader anew when one of its includes changes", async () => {
  const file = write({ "lib/a.wgsl": "fn before() {}\n", "k.wgsl": `// #include "lib/a.wgsl"\n${main}` });
  const server = await createServer({
    configFile: false,
    root,
    logLevel: "silent",
    plugins: [wgsl()],
    server: { middlewareMode: true, ws: false },
  });
  try {
    const { client } = server.environments;
    expect((await client.transformRequest("/k.wgsl"))?.code).toContain("fn before()");
    const changed = new Promise((resolve) => server.watcher.once("change", resolve));
    await new Promise((resolve) => setTimeout(resolve, 100));
    write({ "lib/a.wgsl": "fn after() {}\n" });
    await changed;
    await expect.poll(async () => (await client.transformRequest("/k.wgsl"))?.code, { timeout: 5_000 }).toContain("fn after()");
    expect(client.moduleGraph.getModuleById(file)?.importedModules.size).toBe(1);
  } finally {
    await server.close();
  }
});
