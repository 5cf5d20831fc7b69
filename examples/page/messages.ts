/** What window and worker say to each other. */
import type { JobEvent, JobResult } from "../lib/job.ts";
import type { NetName } from "../nets/index.ts";

export interface ToWorker {
  readonly net: NetName;
  /** How many digits to draw for training. */
  readonly images: number;
  readonly epochs: number;
  readonly qatEpochs: number;
  readonly weightBits: number;
  readonly seed: number;
}

export type FromWorker =
  | JobEvent
  | { readonly kind: "adapter"; readonly text: string }
  | { readonly kind: "result"; readonly result: JobResult }
  | { readonly kind: "error"; readonly text: string };
