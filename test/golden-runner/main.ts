/**
 * `npm run test:golden [-- --backend cpu|webgpu] [--topic TOPIC] [--op OP]`: compares the project with the golden data in
 * the folder DOT4_GOLDEN (test/golden when not set), on the CPU reference and the GPU. Exits with 1 when anything failed.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cpu } from "../../src/backend/cpu/index.ts";
import type { Backend } from "../../src/backend/backend.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { Dot4Error } from "../../src/errors.ts";
import { testGpu } from "../support/device.ts";
import { formatReport } from "./report.ts";
import { isGreen, runGolden } from "./runner.ts";

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { backend: { type: "string" }, topic: { type: "string" }, op: { type: "string" } } });
  const backends: Backend[] = [];
  if (values.backend !== "webgpu") backends.push(cpu());
  if (values.backend !== "cpu") backends.push(await webgpu({ gpu: await testGpu() }));
  const folder = process.env["DOT4_GOLDEN"] ?? join(process.cwd(), "test", "golden");
  console.log(`golden data: ${folder}\nbackends: ${backends.map((b) => b.name).join(", ")}\n`);
  const report = await runGolden({ folder, backends, topic: values.topic, op: values.op });
  console.log(formatReport(report));
  for (const b of backends) b.dispose();
  return isGreen(report) ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Dot4Error ? `${error.name}: ${error.message}` : error);
    process.exit(1);
  },
);
