/**
 * Trains the net that has everything (QAT, batch norm, dropout, momentum, a schedule, both frozen in their turn) with a
 * checkpoint in a file after every step, from the one that is there; prints a line at each save and what it learned at the end.
 */
import { checkpointFile } from "../../src/node/checkpointFile.ts";
import { batches, make, sha256 } from "../train/bars.ts";
import { EPOCHS, full } from "../train/resumable.ts";

const store = checkpointFile(process.argv.at(-1)!);
using trainer = await make(full.graph, { ...full.trainer, readEvery: 4, resume: await store.load() });
process.stdout.write(`${trainer.steps}\n`);
const save = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
  await store.save(bytes);
  process.stdout.write(`${trainer.steps}\n`);
};
await trainer.fit({ epochs: EPOCHS, batches, checkpoint: { every: 1, save }, ...full.fit });
process.stdout.write(`${sha256(await trainer.graph())}\n`);
