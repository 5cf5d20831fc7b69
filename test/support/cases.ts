/** How test/ops/<op>.cases.ts describe an op's cases; test/ops/ops.test.ts runs them on the CPU and the GPU. */
import type { Attrs, OpDef, Tensors } from "../../src/ops/op.ts";
import type { Random } from "../../src/numerics/random.ts";

export interface OpCase {
  /** Named for the trap it pins: "odd channels", "zero point at the end of the range". */
  readonly name: string;
  readonly inputs: Tensors;
  readonly attrs?: Attrs;
  /** Literal expected outputs, where they can be known without running the reference. */
  readonly expected?: Tensors;
}

export interface OpCases {
  readonly op: OpDef;
  readonly cases: readonly OpCase[];
  /** A random case for fuzzing: sizes, contents and attributes drawn from `r`. */
  readonly random: (r: Random) => OpCase;
  /** |gpu - cpu| <= atol + rtol * |cpu| for f32 outputs; absent = the same bits. `why` is the reason for the figures. */
  readonly tolerance?: { readonly rtol: number; readonly atol: number; readonly why: string };
  /** Float inputs whose gradient is checked by central differences of the reference. */
  readonly differentiable?: readonly string[];
  /** Float outputs that the gradient flows back from, where it is not all of them: statistics have none. */
  readonly outputs?: readonly string[];
  /** Makes a case differentiable where it is not smooth everywhere: moves inputs away from kinks. */
  readonly smooth?: (c: OpCase) => OpCase;
}
