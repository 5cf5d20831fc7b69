export { countSteps, STEP, STEP_NOW } from "./countSteps.ts";
export { evaluation, freezeBatchNorm, freezeObservers } from "./evaluation.ts";
export { foldBatchNorm, normalizedLayers, type NormalizedLayers } from "./foldBatchNorm.ts";
export { foldConstants, statesToConstants } from "./foldConstants.ts";
export { fuseActivation } from "./fuseActivation.ts";
export { gradient, gradientName, parametersOf } from "./gradient.ts";
export {
  insertQuantizers,
  isLeftFloat,
  observerStates,
  type NodeQuantization,
  type ObserverSpec,
  type QuantizationSpec,
} from "./insertQuantizers.ts";
export { lower, settle, type Lowered, type LowerOptions } from "./lower.ts";
export { LEARNING_RATE, optimize, type UpdateRule } from "./optimize.ts";
export { inputNames, producersOf, readersOf, renameInputs, type Readers } from "./readers.ts";
export { trainFolded } from "./trainFolded.ts";
export { unitLayers } from "./unitLayers.ts";
export { firstBad, watched, watchFinite } from "./watchFinite.ts";
export { neverObserved, toConsole, warnNeverObserved, type Warn, type Warning } from "./warning.ts";
