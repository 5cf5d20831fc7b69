export { module, sequential, type Module, type Traced, type TraceOptions } from "./module.ts";
export { clamp, hardSigmoid, hardSwish, leakyRelu, relu, relu6, sigmoid, type ClampOptions } from "./activations.ts";
export { batchNorm2d, type BatchNorm2dOptions } from "./batchNorm2d.ts";
export { add, mul, sub } from "./functions.ts";
export { conv2d, flatten, linear, maxPool2d, type Conv2dOptions, type Padding, type Pair } from "./layers.ts";
export { summary, type LayerSummary, type ModelSummary } from "./summary.ts";
