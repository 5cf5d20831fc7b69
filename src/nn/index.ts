export { module, sequential, type Module, type Traced, type TraceOptions } from "./module.ts";
export { clamp, hardSigmoid, hardSwish, leakyRelu, relu, relu6, sigmoid, type ClampOptions } from "./activations.ts";
export { batchNorm2d, type BatchNorm2dOptions } from "./batchNorm2d.ts";
export { add, concat, mean, mul, sub } from "./functions.ts";
export { conv2d, linear, type Conv2dOptions } from "./layers.ts";
export { adaptiveAvgPool2d, avgPool2d, globalAvgPool2d, maxPool2d, type AvgPool2dOptions, type PoolOptions } from "./pools.ts";
export { flatten, permute, reshape } from "./shapes.ts";
export type { Padding, Pair } from "./sizes.ts";
export { summary, type LayerSummary, type ModelSummary } from "./summary.ts";
