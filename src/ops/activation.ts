/** What ops with a fused activation share. */
import { ShapeError } from "../errors.ts";
import type { Emitter, Value } from "./op.ts";
import { reluBackward } from "./reluBackward.ts";

export type Activation = "none" | "relu";

/** @throws ShapeError unless `activation` is one that ops can absorb. */
export function expectActivation(where: string, activation: string): void {
  if (activation !== "none" && activation !== "relu")
    throw new ShapeError({ code: "bad-attribute", where, problem: "activation is unknown", expected: "none or relu", got: activation });
}

/** max(v, 0) with NaN kept: a comparison with NaN is false. */
export const relu1 = (v: number): number => (v <= 0 ? 0 : v);

/** Applies the activation to `y` where it lies. */
export function activate(y: Float32Array, activation: string): void {
  if (activation === "relu") for (let i = 0; i < y.length; i++) y[i] = relu1(y[i]!);
}

/** The gradient before the activation, from the gradient after it and the op's (activated) output. */
export const activationGrad = (b: Emitter, activation: string, dy: Value, y: Value): Value =>
  activation === "relu" ? b.emit(reluBackward, { dy, y }).dx! : dy;
