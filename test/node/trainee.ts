/**
 * Trains the net that has everything (QAT, batch norm, dropout, momentum, a schedule, both frozen in their turn) with a
 * checkpoint in a file after every step, from the one that is there; prints a line at each save and what it learned at the end.
 * After each line it waits for an answer.
 */
import { checkpointFile } from "../../src/node/checkpointFile.ts";
import { batches, make, sha256 } from "../train/bars.ts";
import { EPOCHS, full } from "../train/resumable.ts";

const answers = process.stdin[Symbol.asyncIterator]();
const say = async (line: string | number): Promise<void> => {
  process.stdout.write(`${line}\n`);
  await answers.next();
};
const store = checkpointFile(process.argv.at(-1)!);
using trainer = await make(full.graph, { ...full.trainer, readEvery: 4, resume: await store.load() });
await say(trainer.steps);
const save = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
  await store.save(bytes);
  await say(trainer.steps);
};
await trainer.fit({ epochs: EPOCHS, batches, checkpoint: { every: 1, save }, ...full.fit });
await say(sha256(await trainer.graph()));
process.stdin.destroy();
