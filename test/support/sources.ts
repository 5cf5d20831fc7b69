/** The project's own source text, for tests of its structure. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import ts from "typescript";

/** The folder of package.json, also from a bundle below node_modules/.cache. */
const root = ((): string => {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
})();

export interface Import {
  readonly line: number;
  readonly name: string;
  /** The imported file, relative to the project; undefined for a package. */
  readonly file: string | undefined;
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** Relative to the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

/** Files below a folder whose names end so, relative to the project, sorted. */
export const files = (folder: string, ending: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((f) => f.endsWith(ending))
    .map((f) => join(folder, f).split(sep).join(posix.sep))
    .sort();

export const read = (path: string): string => readFileSync(join(root, path), "utf8");
export const absolute = (path: string): string => join(root, path);

export function parse(path: string): SourceFile {
  const text = read(path);
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Expression | undefined, typeOnly: boolean): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    const name = specifier.text;
    const file = name.startsWith(".")
      ? relative(root, join(root, dirname(path), name))
          .split(sep)
          .join(posix.sep)
      : undefined;
    imports.push({ line: tree.getLineAndCharacterOfPosition(node.getStart()).line + 1, name, file, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node, node.argument.literal as ts.Expression, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node, node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { path, text, tree, imports };
}

/** All identifiers of a file with their lines: what it names, outside of comments and strings. */
export function identifiers(file: SourceFile): readonly { readonly name: string; readonly line: number }[] {
  const found: { name: string; line: number }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) found.push({ name: node.text, line: file.tree.getLineAndCharacterOfPosition(node.getStart()).line + 1 });
    ts.forEachChild(node, visit);
  };
  visit(file.tree);
  return found;
}
