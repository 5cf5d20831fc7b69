/** The file of `--json`: found fit before anything runs, written at the end, whole or not at all. */
import { access, constants, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { UsageError } from "dot4";

/** What writes a value to the file. @throws UsageError, at once, when the file could not be written */
export async function jsonWriter(file: string): Promise<(value: unknown) => Promise<void>> {
  const refuse = (problem: string, cause?: unknown): never => {
    throw new UsageError({
      code: "bad-option",
      where: `--json ${file}`,
      problem,
      remedy: "Name a file in a folder that can be written",
      cause,
    });
  };
  const there = await stat(file).catch(() => undefined);
  if (there?.isDirectory()) refuse("is a folder");
  // Through links, which renaming would replace. Nor can a pipe or a terminal be replaced.
  const target = there ? await realpath(file) : file;
  const plain = !there || there.isFile();
  const folder = dirname(target);
  if (plain && !(await stat(folder).catch(() => undefined))?.isDirectory()) refuse(`there is no folder ${folder}`);
  await access(plain ? folder : target, constants.W_OK).catch((cause: unknown) => refuse("cannot be written", cause));

  return async (value) => {
    const text = `${JSON.stringify(value, null, 2)}\n`;
    if (!plain) return writeFile(file, text);
    const temporary = `${target}.${process.pid}.tmp`;
    try {
      await writeFile(temporary, text);
      await rename(temporary, target);
    } finally {
      await rm(temporary, { force: true });
    }
  };
}
