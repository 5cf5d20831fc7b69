/**
 * `npm run bench [-- --json FILE] [--only node|chromium|peer]`: speed and memory on the software adapter, in Node and in
 * Chromium, against bars and against what else runs on the same adapter in the same run. Exits with 1 when a bar is
 * missed. Timings are medians; on a busy machine run it again before believing a miss.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { dawn } from "../../src/node/dawn.ts";
import { closeChromium, inChromium, withPage } from "../gpu/chromium.ts";
import { servePeer } from "./peer.ts";
import { formatSection, meetsBar, type Section } from "./rows.ts";
import { runSuite, type SuiteOptions } from "./suite.ts";

/** Half of what the best kernels known reach on this adapter, so that noise of 30 % does not trip the bars. */
const nodeOptions: SuiteOptions = { where: "Node", allNets: true, convBar: 1.3, netBars: { step: 0.6, inference: 0.25 } };
const chromiumOptions: SuiteOptions = { where: "Chromium", convBar: 2.5 };

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { json: { type: "string" }, only: { type: "string" } } });
  const [load] = loadavg() as [number];
  if (load > availableParallelism() / 2)
    console.warn(`load average ${load.toFixed(1)} on ${availableParallelism()} cores: this machine is busy, timings will be too long\n`);
  const sections: Section[] = [];
  const report = (section: Section): void => {
    sections.push(section);
    console.log(`${formatSection(section)}\n`);
  };
  const wanted = (part: string): boolean => values.only === undefined || values.only === part;
  if (wanted("node")) report(await runSuite(await dawn({ adapter: "software" }), nodeOptions));
  if (wanted("chromium")) report(await inChromium<Section>("test/bench/chromium.page.ts", chromiumOptions, { timeout: 600_000 }));
  if (wanted("peer")) {
    const site = await servePeer();
    const run = 'import("/main.js").then((module) => module.default())';
    report(await withPage(async (page) => (await page.goto(site.url), (await page.evaluate(run)) as Section), { timeout: 600_000 }));
    await site.close();
  }
  await closeChromium();
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ date: new Date().toISOString(), load, sections }, null, 2)}\n`);
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
