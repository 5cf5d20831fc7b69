/** The op that src/ops/README.md writes step by step is code too: it compiles where the text says that it goes. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What the compiler says of `text` as the file `name`, which need not exist; what it imports is read from disk. */
function diagnostics(name: string, text: string): readonly string[] {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [name] }, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const file = join(root, name);
  const [exists, read] = [host.fileExists, host.readFile];
  host.fileExists = (path) => path === file || exists(path);
  host.readFile = (path) => (path === file ? text : read(path));
  const program = ts.createProgram([file, join(root, "src/shader/wgsl.d.ts")], options, host);
  const source = program.getSourceFile(file)!;
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, "\n"),
  );
}

it("the example op compiles", { timeout: 60_000 }, async () => {
  const readme = await readFile(join(root, "src/ops/README.md"), "utf8");
  const [, name, code] = /\*\*The object\*\*, `([^`]+)`[^]*?```ts\n([^]*?)```/.exec(readme)!;
  expect(diagnostics(name!, code!)).toEqual([]);
  // The check finds what is used without an import.
  expect(diagnostics(name!, code!.replace("b.emit(", "b.emit(mul, "))).toContain("Cannot find name 'mul'.");
});
