#!/usr/bin/env node
/** `npm run build`: dist/ with modules and types, linted as a package, measured as a page would load it. */
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { browserBundle, buildModules, buildTypes, pages, root, sizeLimit, wholeBundle } from "./dist.mjs";

const dist = join(root, "dist");
await buildModules(dist);
await buildTypes(join(dist, "types"));

const { messages, pkg } = await publint({ pkgDir: root, strict: true, pack: false });
for (const message of messages) console.error(`publint: ${formatMessage(message, pkg)}`);

const kB = (n) => `${(n / 1000).toFixed(1)} kB`;
const print = (what, { bytes, gzipped }, limit) =>
  console.log(`${what}: ${kB(bytes)} minified, ${kB(gzipped)} gzipped${limit ? ` (limit ${kB(limit)})` : ""}`);
const app = mkdtempSync(join(tmpdir(), "dot4-pages-"));
const installed = join(app, "node_modules", "dot4");
mkdirSync(installed, { recursive: true });
cpSync(join(root, "package.json"), join(installed, "package.json"));
symlinkSync(dist, join(installed, "dist"));
const { run, train } = await pages(app);
const page = await browserBundle(run);
print("a page that quantizes, verifies and runs a net", page, sizeLimit);
print("a page that trains it, too", await browserBundle(train));
print("everything", await wholeBundle(join(dist, "index.js"), join(dist, "train/index.js"), join(dist, "onnx/index.js")));
rmSync(app, { recursive: true });
process.exitCode = messages.length || page.gzipped > sizeLimit ? 1 : 0;
