/** The entry `dot4/train`: data, training, checkpoints, evaluation. */
export { CHECKPOINT_VERSION, readCheckpoint, type Checkpoint, type FitPosition, type Phase } from "./checkpoint.ts";
export { checkpointDatabase, type CheckpointStore } from "./checkpointStore.ts";
export { batches, dataset, shuffleLabels, slice, type Batch, type Batches, type BatchOptions, type Dataset } from "./dataset.ts";
export { digits, type DigitsOptions } from "./digits.ts";
export { evaluate, evaluator, type Accuracy, type EvaluateOptions, type Evaluator } from "./evaluate.ts";
export type { EpochResult, EpochSource, FitOptions, Metrics, Progress } from "./fit.ts";
export { idxDataset, idxFiles, readIdx, type IdxOptions } from "./idx.ts";
export { crossEntropy, type Loss } from "./loss.ts";
export {
  adam,
  adamW,
  cosine,
  sgd,
  type AdamOptions,
  type CosineOptions,
  type Optimizer,
  type Schedule,
  type SgdOptions,
} from "./optimizer.ts";
export type { RecoverOptions } from "./session.ts";
export { trainer, type Trainer, type TrainerOptions } from "./trainer.ts";
