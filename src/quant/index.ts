export { convert, type ConvertOptions } from "./convert.ts";
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
export { freezeObservers, neverObserved, type Warn, type Warning } from "../passes/index.ts";
export { floatNodes, report, type DeploymentReport, type LayerReport, type ReportOptions } from "./report.ts";
export { weightBytes } from "./size.ts";
