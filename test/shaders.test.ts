/** Every shader, in its native and its polyfill form, held against the compiler that browsers have (Tint). */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadShader, publisherOf } from "../src/shader/plugin/index.ts";
import { maskComments, type Source } from "../src/shader/plugin/source.ts";
import { testDevice } from "./support/device.ts";
import { absolute, files } from "./support/sources.ts";

let device: GPUDevice;
beforeAll(async () => void (device = await testDevice()));
afterAll(() => device.destroy());

const paths = files("shaders", ".wgsl").filter((path) => !path.startsWith("shaders/lib/"));
const publisher = publisherOf(absolute("shaders"));
const withoutDot4 = process.env["DOT4_POLYFILL"] === "1";

/** What Tint says, at the line of the file that was written. */
async function messages(source: Source): Promise<readonly string[]> {
  const module = device.createShaderModule({ code: source.code });
  const info = await module.getCompilationInfo();
  return info.messages.map((m) => {
    const { file, line } = source.origin(m.lineNum);
    return `${file}:${line}: ${m.type}: ${m.message}`;
  });
}

test("there are shaders", () => {
  expect(paths.length).toBeGreaterThan(0);
});

describe.each(paths)("%s", (path) => {
  const { shader, source, polyfill } = loadShader(absolute(path));

  test("compiles without a message", async () => {
    device.pushErrorScope("validation");
    const found = [...(polyfill && withoutDot4 ? [] : await messages(source)), ...(polyfill ? await messages(polyfill) : [])];
    await device.popErrorScope();
    expect(found).toEqual([]);
  });

  test("compiles as it is published", async () => {
    const short = publisher.shader(absolute(path))!;
    const { code, polyfill } = short;
    const forms = [...(polyfill && withoutDot4 ? [] : [code]), ...(polyfill ? [polyfill] : [])];
    device.pushErrorScope("validation");
    const infos = await Promise.all(forms.map((code) => device.createShaderModule({ code }).getCompilationInfo()));
    await device.popErrorScope();
    expect(infos.flatMap(({ messages }) => messages.map((m) => m.message))).toEqual([]);
    expect(code.length).toBeLessThan(shader.code.length);
    expect(short).toEqual({ ...shader, code, polyfill });
  });

  test("has a form without the packed dot product", () => {
    const everywhere = maskComments(shader.polyfill ?? shader.code);
    expect(everywhere).not.toMatch(/dot4[IU]8Packed|packed_4x8_integer_dot_product/);
  });

  test("uses every binding, every field of Params and every override", () => {
    const text = maskComments(source.code);
    const times = (pattern: string): number => [...text.matchAll(new RegExp(pattern, "g"))].length;
    const unused = [
      ...shader.bindings.filter((b) => times(`(?<![.\\w])${b.name}\\b`) < 2).map((b) => b.name),
      ...(shader.params?.fields ?? []).filter((f) => times(`\\.${f.name}\\b`) < 1).map((f) => `params.${f.name}`),
      ...shader.overrides.filter((o) => times(`(?<![.\\w])${o.name}\\b`) < 2).map((o) => `override ${o.name}`),
    ];
    expect(unused).toEqual([]);
  });
});
