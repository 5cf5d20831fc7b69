/** What the results of PyTorch's quantized ops have in common. */
import type { Tensor } from "../../../../src/tensor/index.ts";
import type { Results } from "../../evaluate.ts";
import { tensorOf, type GoldenCase } from "../../golden-case.ts";

/** The golden real values before rounding, where the case has them. */
export const withExactPre = (c: GoldenCase): Pick<Results, "aids" | "aidRoles"> =>
  c.outputs.has("exact_pre") ? { aids: { exactPre: tensorOf(c, c.outputs.get("exact_pre")!) }, aidRoles: ["exact_pre"] } : {};

/** The roles whose tensors hold one and the same integer function: every engine's and the exact one. */
export const everyEngine = (y: Tensor): Results["outputs"] => ({ y_exact: y, y_fbgemm: y, y_qnnpack: y });

/** PyTorch rounds half to even what it computes in f32: the rounding float is nearest to all its engines. */
export const rounding = "float";
