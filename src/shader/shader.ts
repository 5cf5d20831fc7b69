/**
 * A compute shader as the library carries it: the WGSL text and everything about it that a host needs by name. Made at
 * build time by the Vite plugin (plugin/), which pastes includes and reflects; nothing is parsed at run time.
 */
export interface Shader {
  /** File stem: `qconv2d` for shaders/qconv2d.wgsl. */
  readonly name: string;
  /** WGSL with includes pasted, directives first. */
  readonly code: string;
  /**
   * The same shader with `lib/dot4.wgsl` replaced by `lib/dot4_polyfill.wgsl`; absent where it makes no difference.
   * For adapters without packed_4x8_integer_dot_product or that fail the self-test.
   */
  readonly polyfill?: string;
  /** Group 0. Dense from binding 0, in the order of binding numbers. */
  readonly bindings: readonly ShaderBinding[];
  /** Layout of `struct Params`, bound as `var<uniform> params: Params`; absent when the shader has none. */
  readonly params?: ParamsLayout;
  readonly overrides: readonly ShaderOverride[];
  /** Literal sizes; an axis given by an override has that override's name. */
  readonly workgroupSize: readonly [number | string, number | string, number | string];
}

export interface ShaderBinding {
  /** The variable's name, which is the name of the op's input, output or scratch unless the kernel call maps it. */
  readonly name: string;
  readonly binding: number;
  /** `uniform` serves `params` and rank-1 single-element inputs such as zero points. */
  readonly kind: "uniform" | "read" | "read_write";
}

export interface ParamsLayout {
  /** Bytes, a multiple of 16. */
  readonly size: number;
  readonly fields: readonly { readonly name: string; readonly offset: number; readonly type: "u32" | "i32" | "f32" }[];
}

export interface ShaderOverride {
  readonly name: string;
  readonly type: "u32" | "i32" | "f32" | "bool";
  /** Absent when the WGSL gives no default: the kernel call must set it. */
  readonly default?: number;
}
