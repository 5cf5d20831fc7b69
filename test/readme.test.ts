/** The README is code too: its example runs, the op table is the list of ops, links lead somewhere. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test, vi } from "vitest";
import { ops, type OpDef } from "../src/ops/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = await readFile(join(root, "README.md"), "utf8");
const scratch = join(root, "node_modules", ".cache", "dot4", `readme-${process.pid}`);
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** What the table says of an op, read from the op itself. */
function row(op: OpDef): string {
  const integer = op.lower ? { own: "own scale", sharesInput: "input's scale", float: "" }[op.quantization] : "";
  return `| \`${op.name}\` | ${op.inputs.join(", ")} | ${op.outputs.join(", ")} | ${op.grad ? "yes" : ""} | ${integer} |`;
}

test("the op table is the list of ops", async () => {
  const table = ["| op | inputs | outputs | gradient | lowers to int8 |", "|---|---|---|---|---|", ...Object.values(ops).map(row)].join(
    "\n",
  );
  const written = /<!-- prettier-ignore-start -->\n([^]*?)\n<!-- prettier-ignore-end -->/.exec(
    await readFile(join(root, "docs/ops.md"), "utf8"),
  )?.[1];
  expect(written).toBe(table);
});

test("the example trains, converts and verifies", { timeout: 240_000 }, async () => {
  const code = /## Use it\n\n```ts\n([^]*?)```/.exec(readme)![1]!;
  expect(code.trimEnd().split("\n").length).toBeLessThanOrEqual(25);
  await mkdir(scratch, { recursive: true });
  const file = join(scratch, "example.ts");
  await writeFile(file, code);
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import(/* @vite-ignore */ file);
  const [accuracy, report] = log.mock.lastCall as [number, string];
  log.mockRestore();
  // A linear classifier stays below 0.9 on these digits and chance is 0.1: the example has learned.
  expect(accuracy).toBeGreaterThan(0.5);
  expect(report).toContain(": bit-exact, ");
});

test.each(["README.md", "CONTRIBUTING.md", "docs/ops.md", "src/ops/README.md", "src/numerics/README.md"])(
  "links of %s lead to files",
  async (name) => {
    const text = await readFile(join(root, name), "utf8");
    for (const [, target] of text.matchAll(/\]\(((?!https?:|#)[^)#\s]+)/g))
      expect(existsSync(join(root, dirname(name), target!)), target).toBe(true);
  },
);
