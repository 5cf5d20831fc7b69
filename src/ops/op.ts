/**
 * The contract of an op: one plain object in one file. Everything that the rest of the library knows of an op it reads
 * here; passes and backends ask these fields, never names.
 */
import type { Shader } from "../shader/shader.ts";
import type { Rounding } from "../numerics/index.ts";
import type { DType, Tensor, TensorType } from "../tensor/index.ts";

/** A value of a graph, by its name. Names are unique in a graph: `conv1`, `conv1.weight`. */
export type Value = string;

export type Attr = number | string | boolean | readonly number[] | null;
export type Attrs = Readonly<Record<string, Attr>>;
/** By input or output name. An optional input that is not given is absent. */
export type Types = Readonly<Record<string, TensorType>>;
export type Tensors = Readonly<Record<string, Tensor>>;
export type Values = Readonly<Record<string, Value>>;

/**
 * How a quantizing pass treats the op:
 * - own: its output gets quantization parameters of its own, and `lower` makes the integer form;
 * - sharesInput: it works on integers as they are, output and input share scale and zero point (max pool, flatten, relu);
 * - float: it stays float.
 */
export type Quantization = "own" | "sharesInput" | "float";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- attrs are contravariant: a list of ops needs `any` here
export interface OpDef<A extends Attrs = any> {
  readonly name: string;
  /** Input names in order; a trailing `?` marks an optional one: "bias?". */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly quantization: Quantization;
  /** Inputs that hold trained weights: quantized per output channel (axis 0), packed when lowered. */
  readonly weights?: readonly string[];
  /** The op takes `attrs.activation: "none" | "relu" | "relu6"` and applies it to its output. */
  readonly absorbsActivation?: boolean;
  /** The op is itself an activation that an absorbing op can take over, under this name. */
  readonly activation?: "relu" | "relu6";
  /**
   * The op computes something else while training than afterwards: once states of this role are no longer updated, it runs
   * with these attributes (batchNorm2d with stored statistics). Without random numbers an op is the identity: y is x (dropout).
   */
  readonly evaluation?: { readonly role: "buffer" | "random"; readonly attrs: Partial<A> };
  /**
   * The op normalizes each channel of its input `x`: with stored statistics it is the affine map
   * y = (x * inputScale + inputShift - runningMean) / sqrt(runningVar + eps) * weight + bias
   * of inputs with these names (all but runningMean and runningVar optional) and the attribute eps, which the op before it
   * can take into its own weights.
   */
  readonly normalization?: boolean;
  /** Every input is requantized to the output's scale: a producer that nobody else reads may produce it at once (concat). */
  readonly unifiesScales?: boolean;
  /** The op marks its input `x` as quantized with inputs `scale` and `zeroPoint` (fakeQuantize, observe). */
  readonly quantizer?: boolean;
  /** Attributes that may be left out when a node is emitted. */
  readonly defaults?: Partial<A>;
  /**
   * Output types from input types; sizes may be symbolic (only the leading batch axis ever is).
   * @throws ShapeError | DTypeError whose `where` is the `where` given, e.g. `conv2d "conv1"`.
   */
  infer(types: Types, attrs: A, where: string): Types;
  /** The specification: plain loops on host tensors, sharing only src/numerics with the GPU path. Never writes inputs. */
  reference(tensors: Tensors, attrs: A): Tensors;
  /** Plans, best first: the backend takes the first whose `when` is not false. Pure data; types are bound. */
  kernel(types: Types, attrs: A, device: DeviceInfo): readonly Variant[];
  /**
   * Emits the nodes of the gradient. `grads` holds the gradient of each output, absent where nothing flows back.
   * Returns the gradient of each input by name; null (or absent) = the gradient stops there.
   * An op without `grad` on the path from a loss to a parameter is an error.
   */
  grad?(b: Emitter, node: NodeView<A>, grads: Partial<Values>): Readonly<Record<string, Value | null>>;
  /**
   * The op to run in this one's place where a gradient will flow back: the same inputs, attributes and outputs, and one more
   * output, which its own `grad` reads instead of finding it out again. Undefined where nothing is worth keeping.
   */
  keeping?(attrs: A): OpDef<A> | undefined;
  /** Emits the integer form, for `quantization: "own" | "sharesInput"`. */
  lower?(b: Emitter, node: NodeView<A>, q: Lowering): Quantized;
}

export interface NodeView<A extends Attrs = Attrs> {
  readonly name: string;
  readonly inputs: Values;
  readonly outputs: Values;
  readonly attrs: A;
}

/** What an op's `grad` and `lower` write into: a graph under construction. */
export interface Emitter {
  /** Adds a node and returns its outputs by name. Output values are named `name` (one output) or `name.output`. */
  emit<A extends Attrs>(op: OpDef<A>, inputs: Readonly<Record<string, Value | undefined>>, attrs?: Partial<A>, name?: string): Values;
  constant(tensor: Tensor, name?: string): Value;
  type(value: Value): TensorType;
}

/** An integer value and what it means: r = scale * (q - zeroPoint). scale and zeroPoint hold 1 element or one per channel. */
export interface Quantized {
  readonly value: Value;
  readonly qparams: Qparams;
}

export interface Qparams {
  readonly dtype: "i8" | "u8";
  readonly scale: Tensor<"f32">;
  readonly zeroPoint: Tensor<"i32">;
  readonly quantMin: number;
  readonly quantMax: number;
}

/** What `lower` may ask of the convert pass about the node that it lowers. */
export interface Lowering {
  readonly rounding: Rounding;
  /** The integer value of an activation input. */
  input(name: string): Quantized;
  /** The contents of a weight input in integers (host side), with its qparams: per tensor or per axis 0. */
  weight(name: string): { readonly tensor: Tensor<"i8"> | Tensor<"u8">; readonly qparams: Qparams };
  /** The contents of an input that is constant by now (a bias, f32; indices, i32); undefined when the node has none. */
  constant(name: string): Tensor | undefined;
  /** The qparams chosen for the node's output (of the input, for `sharesInput`). */
  readonly output: Qparams;
}

export type { Rounding };

/** What a kernel plan may depend on. */
export interface DeviceInfo {
  /** dot4I8Packed exists and passed the self-test; where false, shaders run with the polyfill include. */
  readonly dot4: boolean;
  /** A CPU implementation of WebGPU (SwiftShader): workgroup memory and barriers do not pay there. */
  readonly software: boolean;
  readonly vendor: string;
  readonly architecture: string;
  readonly limits: {
    readonly maxComputeWorkgroupsPerDimension: number;
    readonly maxComputeInvocationsPerWorkgroup: number;
    readonly maxComputeWorkgroupStorageSize: number;
    readonly maxStorageBufferBindingSize: number;
    readonly maxStorageBuffersPerShaderStage: number;
  };
}

/** One way to compute the op. Variants of one op give the same integers; float variants may sum in another order. */
export interface Variant {
  readonly name: string;
  /** False: not for these types or this device. */
  readonly when?: boolean;
  /** Values that live only inside the op. */
  readonly scratch?: Types;
  /** output -> input: the output IS the input's memory, nothing is computed (flatten). */
  readonly alias?: Readonly<Record<string, string>>;
  /**
   * output -> input: the kernel updates the input's memory, through a read_write binding named like the output. The
   * planner hands over the input's buffer where nobody reads it later, and copies it first where somebody does.
   */
  readonly inPlace?: Readonly<Record<string, string>>;
  readonly calls: readonly KernelCall[];
}

/** One dispatch. All by name, checked against the reflected WGSL. */
export interface KernelCall {
  readonly shader: Shader;
  /** Values of `override`s. */
  readonly constants?: Readonly<Record<string, number | boolean>>;
  /** Values of the fields of `Params`. */
  readonly params?: Readonly<Record<string, number>>;
  /** WGSL variable -> input, output or scratch name; a variable that is not named here stands for its own name. */
  readonly bindings?: Readonly<Record<string, string>>;
  readonly workgroups: readonly [number, number, number];
}

export type { DType, Shader, Tensor, TensorType };
