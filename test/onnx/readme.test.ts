/** src/onnx/README.md lists what is supported, and its links lead somewhere. */
import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { supportedOperators } from "../../src/onnx/index.ts";
import { absolute, read } from "../support/sources.ts";

const readme = read("src/onnx/README.md");

it("the table is the list of operators", () => {
  const written = /<!-- operators -->\n([^]*?)\n<!-- \/operators -->/.exec(readme)![1]!;
  expect(written.replace(/\s+/g, " ").trim()).toBe(supportedOperators().join(", "));
});

it("links lead to files", () => {
  for (const [, target] of readme.matchAll(/\]\(([^)]+)\)/g)) expect(existsSync(absolute(`src/onnx/${target!}`)), target).toBe(true);
});
