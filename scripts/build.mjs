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

const kB = (n) => `${(n / 1000).toFixed(1)} kB`;
const [core, withTraining] = [
  await browserBundle(join(dist, "index.js")),
  await browserBundle(join(dist, "index.js"), join(dist, "train/index.js")),
];
console.log(`browser bundle, dot4: ${kB(core.bytes)} minified, ${kB(core.gzipped)} gzipped (limit ${kB(sizeLimit)})`);
console.log(`browser bundle, dot4 and dot4/train: ${kB(withTraining.bytes)} minified, ${kB(withTraining.gzipped)} gzipped`);
process.exitCode = messages.length || core.gzipped > sizeLimit ? 1 : 0;
