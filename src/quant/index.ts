export { convert, floatIslands, floatNodes, type ConvertOptions } from "./convert.ts";
export { calibrate, isPrepared, prepare, prepareQat } from "./prepare.ts";
export {
  int8,
  mapping,
  minMax,
  movingAverage,
  type Int8Options,
  type ObserverSpec,
  type PredicateRule,
  type QConfig,
  type QConfigMapping,
} from "./qconfig.ts";
export { freezeBatchNorm, freezeObservers, neverObserved, type Warn, type Warning } from "../passes/index.ts";
export { reestimateBatchNorm } from "./reestimate.ts";
export { report, type DeploymentReport, type LayerReport, type ReportOptions } from "./report.ts";
export { weightBytes } from "./size.ts";
