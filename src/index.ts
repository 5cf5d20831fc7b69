/**
 * dot4: quantized neural networks on WebGPU. The public names, nothing else; training has an entry
 * of its own, `dot4/train`, so that a page that only runs nets does not load it. In Node, `webgpu` comes from `dot4/node`.
 */
export * from "./errors.ts";
export { f32, i32, i8, u32, u8, tensor, type DType, type Shape, type Tensor, type TensorType } from "./tensor/index.ts";
export { ops, type OpDef, type OpName, type Variant, type KernelCall } from "./ops/index.ts";
export { bind, GraphBuilder, prune, validate, withStates, type Graph, type GraphNode, type Pass, type State } from "./graph/index.ts";
export type { Backend, Compiled, CompileOptions, Inputs, Outputs, ProgramStats } from "./backend/backend.ts";
export { cpu } from "./backend/cpu/index.ts";
export {
  webgpu,
  type DeviceOptions,
  type GpuCompiled,
  type MemoryUse,
  type ProfileRow,
  type WebGpuBackend,
} from "./backend/webgpu/index.ts";
export { verify, type Difference, type NodeReport, type Verification } from "./backend/verify.ts";
export * as nn from "./nn/index.ts";
export * as passes from "./passes/index.ts";
export * as quant from "./quant/index.ts";
export type { Shader } from "./shader/shader.ts";
