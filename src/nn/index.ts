export { module, sequential, type Module, type Traced, type TraceOptions } from "./module.ts";
export { add, conv2d, flatten, linear, maxPool2d, relu, type Conv2dOptions, type Padding, type Pair } from "./layers.ts";
export { summary, type LayerSummary, type ModelSummary } from "./summary.ts";
