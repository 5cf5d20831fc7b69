import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { absolute } from "../support/sources.ts";

let root = "";
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), "dot4-scripts-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What is set for this run (npm run test:hard, say) is not meant for the scripts that are tested. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("DOT4_")));

const node = (...args: readonly string[]): Promise<Run> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd: absolute("."), env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
const write = (name: string, text: string): string => {
  writeFileSync(join(root, name), text);
  return join(root, name);
};

test("run.mjs hands over arguments and the exit code, and lowers what Node does not know yet", async () => {
  const entry = write(
    "main.ts",
    `{ using end = { [Symbol.dispose]: () => console.log("end") }; void end; }\nconsole.log(process.argv[1]!.endsWith("main.ts"), process.argv.slice(2).join());\nprocess.exitCode = 3;\n`,
  );
  const { code, stdout } = await node("scripts/run.mjs", entry, "--epochs", "2");
  expect(stdout).toBe("end\ntrue --epochs,2\n");
  expect(code).toBe(3);
});

test("run.mjs shows an error at the line of the TypeScript file", async () => {
  const entry = write("main.ts", `interface A {\n  readonly a: 1;\n}\nconst f = (): A => {\n  throw new Error("boom");\n};\nf();\n`);
  const { code, stderr } = await node("scripts/run.mjs", entry);
  expect(stderr).toMatch(/main\.ts:5/);
  expect(code).toBe(1);
});

const last = (run: Run): string | undefined => run.stdout.trim().split("\n").at(-1);
const testRun = (...files: readonly string[]): Promise<Run> => node("scripts/test.mjs", "--dir", root, "--root", root, ...files);

test("test.mjs ends with the count of passed and failed tests", async () => {
  write(
    "a.test.ts",
    `import { expect, test } from "vitest";\ntest("yes", () => expect(1).toBe(1));\ntest("no", () => expect(1).toBe(2));\n`,
  );
  write("b.test.ts", `import { test } from "vitest";\ntest("yes", () => undefined);\n`);
  const run = await testRun();
  expect(last(run)).toBe("2 passed, 1 failed");
  expect(run.code).toBe(1);
});

test("test.mjs counts a file that does not load, an error outside of tests and a run without tests as failures", async () => {
  write("broken.test.ts", `import "./missing.ts";\n`);
  write("late.test.ts", `import { test } from "vitest";\ntest("yes", () => void Promise.reject(new Error("late")));\n`);
  const run = await testRun();
  expect(last(run)).toBe("1 passed, 2 failed");
  expect(run.code).toBe(1);
  const none = await testRun("no-such-file");
  expect(last(none)).toBe("0 passed, 1 failed");
  expect(none.code).toBe(1);
});

test("test.mjs --hard runs everything with dirty memory, then with the polyfill", async () => {
  write(
    "a.test.ts",
    `import { expect, test } from "vitest";
test("dirty", () => expect(process.env.DOT4_DIRTY_MEMORY).toBe("1"));
test("polyfill", () => expect(process.env.DOT4_POLYFILL).toBe("1"));
`,
  );
  expect(last(await testRun("--hard"))).toBe("2 passed, 2 failed");
});
