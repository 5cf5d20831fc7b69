/** A checkpoint that no training made; it is read by pages, too. */
import { tensor } from "../../src/tensor/index.ts";
import { writeCheckpoint } from "../../src/train/checkpoint.ts";

/** Of step `step`, with `count` weights of that value. */
export const sample = (step: number, count = 5): Uint8Array<ArrayBuffer> =>
  writeCheckpoint({
    step,
    gathered: { samples: 0, steps: 0 },
    phase: { observers: false, batchNorm: false },
    fit: undefined,
    facts: new Map(),
    states: new Map([["w", { role: "parameter", tensor: tensor("f32", [count], new Float32Array(count).fill(step)) }]]),
  });
