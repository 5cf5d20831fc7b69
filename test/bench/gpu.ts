/**
 * `npm run bench:gpu [-- --json FILE] [--allow-software]`: the benchmarks on a hardware adapter in Node; ceilings first.
 * Without such an adapter it says so and exits with 1; `--allow-software` lets it run on a software one, small.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { seedShape, type ConvShape } from "./conv.ts";
import { hardware, run } from "./hardware.ts";
import { formatSection } from "./rows.ts";
import { runSuite } from "./suite.ts";

/** Layers of a usual convolutional net, in batches that fill a GPU. */
const large: readonly ConvShape[] = [
  { size: 56, ic: 64, oc: 64, kernel: 3, batch: 32 },
  { size: 28, ic: 128, oc: 128, kernel: 3, batch: 64 },
  { size: 14, ic: 256, oc: 256, kernel: 3, batch: 64 },
  { size: 14, ic: 1024, oc: 256, kernel: 1, batch: 64 },
];

run(async () => {
  const { values } = parseArgs({ options: { json: { type: "string" }, "allow-software": { type: "boolean" } } });
  const gpu = await hardware(values["allow-software"] === true);
  const section = await runSuite(gpu, {
    allNets: true,
    where: "Node",
    ...(values["allow-software"] ? {} : { convs: [seedShape, ...large], batches: [64, 1024] }),
  });
  console.log(formatSection(section));
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ date: new Date().toISOString(), sections: [section] }, null, 2)}\n`);
  return 0;
});
