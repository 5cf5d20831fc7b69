/**
 * `npm run bench [-- --json FILE] [--only node|chromium]`: speed and memory on the software adapter, in Node and in
 * Chromium, against bars and against what else runs on the same adapter in the same run. Exits with 1 when a bar is
 * missed. Timings are medians; on a busy machine run it again before believing a miss.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { dawn } from "../../src/node/dawn.ts";
import { closeChromium, inChromium } from "../gpu/chromium.ts";
import { formatSection, meetsBar, type Section } from "./rows.ts";
import { runSuite, type SuiteOptions } from "./suite.ts";

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { json: { type: "string" }, only: { type: "string" } } });
  const sections: Section[] = [];
  const report = (section: Section): void => {
    sections.push(section);
    console.log(`${formatSection(section)}\n`);
  };
  // Half of what the best kernels known reach on this adapter, so that noise of 30 % does not trip it.
  if (values.only !== "chromium") report(await runSuite(await dawn({ adapter: "software" }), { where: "Node", convBar: 1.3 }));
  if (values.only !== "node") {
    const options: SuiteOptions = { where: "Chromium", convBar: 2.5 };
    report(await inChromium<Section>("test/bench/chromium.page.ts", options, { timeout: 600_000 }));
    await closeChromium();
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ date: new Date().toISOString(), sections }, null, 2)}\n`);
  const missed = sections.flatMap((s) => s.rows.filter((r) => !meetsBar(r)).map((r) => `${s.where}: ${r.name}`));
  if (missed.length > 0) console.error(`bars missed:\n  ${missed.join("\n  ")}`);
  return missed.length > 0 ? 1 : 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
