export { batches, dataset, shuffleLabels, slice, type Batch, type Batches, type BatchOptions, type Dataset } from "./dataset.ts";
export { digits, type DigitsOptions } from "./digits.ts";
export { idxDataset, idxFiles, readIdx, type IdxOptions } from "./idx.ts";
