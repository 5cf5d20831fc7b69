#!/usr/bin/env node
/** `npm run build`: dist/ with modules and types, linted as a package, measured as a page would load it. */
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { browserBundle, buildModules, buildTypes, root, sizeLimit } from "./dist.mjs";

const dist = join(root, "dist");
await buildModules(dist);
await buildTypes(join(dist, "types"));

const { messages, pkg } = await publint({ pkgDir: root, strict: true, pack: false });
for (const message of messages) console.error(`publint: ${formatMessage(message, pkg)}`);

const { bytes, gzipped } = await browserBundle(join(dist, "index.js"));
const kB = (n) => `${(n / 1000).toFixed(1)} kB`;
console.log(`browser bundle: ${kB(bytes)} minified, ${kB(gzipped)} gzipped (limit ${kB(sizeLimit)})`);
process.exitCode = messages.length || gzipped > sizeLimit ? 1 : 0;
