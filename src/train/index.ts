/** The entry `dot4/train`: data, training, evaluation. */
export { batches, dataset, shuffleLabels, slice, type Batch, type Batches, type BatchOptions, type Dataset } from "./dataset.ts";
export { digits, type DigitsOptions } from "./digits.ts";
export { evaluate, evaluator, type Accuracy, type EvaluateOptions, type Evaluator } from "./evaluate.ts";
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
export {
  trainer,
  type EpochResult,
  type EpochSource,
  type FitOptions,
  type Metrics,
  type Progress,
  type Trainer,
  type TrainerOptions,
} from "./trainer.ts";
