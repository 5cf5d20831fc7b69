#!/usr/bin/env node
/** Runs a TypeScript file: `node scripts/run.mjs examples/quickstart/main.ts [arguments]`. Bundled by Vite, then imported. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle } from "./bundle.mjs";

const [entry, ...rest] = process.argv.slice(2);
if (!entry) {
  console.error("usage: node scripts/run.mjs FILE.ts [arguments]");
  process.exit(2);
}
process.setSourceMapsEnabled(true);
const file = await bundle(entry);
process.argv = [process.argv[0], resolve(entry), ...rest];
await import(pathToFileURL(file).href);
