/** `npm start`: the main job in a terminal. */
import { cpu, DeviceError, Dot4Error, type Backend } from "dot4";
import * as train from "dot4/train";
import { loadIdxFolder, webgpu } from "dot4/node";
import { job } from "../lib/job.ts";
import { table } from "../lib/table.ts";
import { help, parse, type QuickstartOptions } from "./args.ts";
import { jsonWriter } from "./json.ts";
import { Progress } from "./progress.ts";

async function open(choice: QuickstartOptions["backend"]): Promise<Backend> {
  if (choice === "cpu") return cpu();
  try {
    return await webgpu();
  } catch (e) {
    if (choice === "webgpu" || !(e instanceof DeviceError)) throw e;
    console.warn(`${e.message}\nNo GPU, not even a software one: the CPU reference runs everything. Right to the bit, but slow.`);
    return cpu();
  }
}

/** Images of 28 x 28: from a folder, or drawn. Training and test digits are drawn from different seeds. */
async function load({ data, seed }: QuickstartOptions): Promise<{ train: train.Dataset; test: train.Dataset }> {
  if (data !== undefined) return loadIdxFolder(data);
  return { train: train.digits({ count: 3000, seed: 2 * seed }), test: train.digits({ count: 1000, seed: 2 * seed + 1 }) };
}

async function main(options: QuickstartOptions): Promise<void> {
  const writeJson = options.json === undefined ? undefined : await jsonWriter(options.json);
  const data = await load(options);
  const shuffled = options.shuffleLabels ? { ...data, train: train.shuffleLabels(data.train, options.seed) } : data;
  using backend = await open(options.backend);
  console.log(
    `data     ${options.data ?? "digits drawn by dot4"}: ${data.train.count} to train, ${data.test.count} to test${options.shuffleLabels ? ", training labels SHUFFLED" : ""}`,
  );
  console.log(`runs on  ${backend.name}\n`);
  const progress = new Progress(process.stdout);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const result = await job(shuffled, { ...options, signal: stop.signal }, backend, (event) => {
    if (event.kind === "progress") progress.update(event.stage, event.done, event.total, event.detail);
  });
  console.log(`\n${table(result)}\n\n${result.seconds.toFixed(0)} s in all`);
  await writeJson?.(result);
  if (result.verify.differing > 0) process.exitCode = 1;
}

try {
  const options = parse(process.argv.slice(2));
  if (options) await main(options);
  else console.log(help);
} catch (e) {
  // What dot4 throws on purpose says all there is to say; anything else is a fault and shows its stack.
  console.error(e instanceof Dot4Error ? `\n${e.name}: ${e.message}` : e);
  process.exitCode = 1;
}
