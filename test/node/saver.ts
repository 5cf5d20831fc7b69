/** Saves one checkpoint after the other, from the one that is there, and prints the number of each when it counts. */
import { tensor } from "../../src/tensor/index.ts";
import { checkpointFile } from "../../src/node/checkpointFile.ts";
import { readCheckpoint, writeCheckpoint } from "../../src/train/checkpoint.ts";

const [path, count] = process.argv.slice(-2) as [string, string];
const store = checkpointFile(path);
const before = readCheckpoint((await store.load())!);
process.stdout.write(`${before.step}\n`);
for (let step = before.step + 1; ; step++) {
  const states = new Map([
    ["w", { role: "parameter" as const, tensor: tensor("f32", [Number(count)], new Float32Array(Number(count)).fill(step)) }],
  ]);
  await store.save(writeCheckpoint({ ...before, step, states }));
  process.stdout.write(`${step}\n`);
}
