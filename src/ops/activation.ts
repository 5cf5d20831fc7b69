/** What ops with a fused activation share. */
import { ShapeError } from "../errors.ts";
import type { Emitter, OpDef, Value } from "./op.ts";
import { relu6Backward } from "./relu6Backward.ts";
import { reluBackward } from "./reluBackward.ts";

export const activations = ["none", "relu", "relu6"] as const;
export type Activation = (typeof activations)[number];

/** @throws ShapeError unless `activation` is one that ops can absorb. */
export function expectActivation(where: string, activation: string): void {
  if (!(activations as readonly string[]).includes(activation))
    throw new ShapeError({
      code: "bad-attribute",
      where,
      problem: "activation is unknown",
      expected: activations.join(", "),
      got: activation,
    });
}

/** The value of the field `activation` of a shader's Params: see shaders/lib/activation.wgsl. */
export const activationCode = (activation: string): number => (activations as readonly string[]).indexOf(activation);

/** max(v, 0) with NaN kept: a comparison with NaN is false. */
export const relu1 = (v: number): number => (v <= 0 ? 0 : v);

/** min(max(v, 0), 6) with NaN kept. */
export const relu6of = (v: number): number => (v <= 0 ? 0 : v >= 6 ? 6 : v);

/** Applies the activation to `y` where it lies. */
export function activate(y: Float32Array, activation: string): void {
  if (activation === "relu") for (let i = 0; i < y.length; i++) y[i] = relu1(y[i]!);
  if (activation === "relu6") for (let i = 0; i < y.length; i++) y[i] = relu6of(y[i]!);
}

const backward: Readonly<Record<string, OpDef>> = { relu: reluBackward, relu6: relu6Backward };

/** The gradient before the activation, from the gradient after it and the op's (activated) output. */
export const activationGrad = (b: Emitter, activation: string, dy: Value, y: Value): Value =>
  activation === "none" ? dy : b.emit(backward[activation]!, { dy, y }).dx!;
