/** Checks an op's `grad` against central differences of its reference. */
import { evaluate } from "../../src/backend/cpu/index.ts";
import { GraphBuilder } from "../../src/graph/index.ts";
import { Random } from "../../src/numerics/random.ts";
import type { OpDef, Tensors, Values } from "../../src/ops/op.ts";
import { allocate, numel, tensor, type Tensor } from "../../src/tensor/index.ts";
import type { OpCase } from "./cases.ts";

/**
 * The distance of the central difference. The reference computes in f32, so each output carries an error of about
 * 2^-24 |y|, which the division by 2h raises to 2^-18 |y|; the method's own error is h^2 / 6 times the third
 * derivative, about 10^-5. A power of two keeps x + h and x - h exact for |x| < 2^16 or so. Inputs must be further
 * than this from every kink (a case file's `smooth` sees to it).
 */
export const STEP = 2 ** -7;

/**
 * |numeric - analytic| <= 2^-9 (largest |gradient| of the input + 1): both errors above, summed over the outputs that an
 * input reaches, stay a factor of 10 below it for the sizes of cases; a wrong factor, sign or tap is far above.
 */
const TOLERANCE = 2 ** -9;

/** Elements an input that are probed; all when it has fewer. */
const PROBES = 40;

/** @throws Error that names input, element and both values where they differ. */
export function checkGradient(op: OpDef, c: OpCase, differentiable: readonly string[], seed: number, outputs = op.outputs): void {
  const r = new Random(seed, 77);
  const attrs = { ...op.defaults, ...c.attrs };
  const present = differentiable.filter((name) => c.inputs[name] !== undefined);
  const base = op.reference(c.inputs, attrs);
  // The loss is a fixed random weighting of all float outputs, so that errors do not cancel out in a plain sum.
  const weights: Record<string, Tensor> = {};
  for (const [name, t] of Object.entries(base)) if (t.dtype === "f32" && outputs.includes(name)) weights[name] = random(r, t.shape);
  const analytic = gradients(op, c.inputs, attrs, weights);

  for (const name of present) {
    const x = c.inputs[name]!;
    const g = analytic[name];
    if (!g) throw new Error(`grad gives no gradient for ${name}`);
    let scale = 0;
    for (const v of g.data) scale = Math.max(scale, Math.abs(v));
    const indices =
      x.data.length <= PROBES
        ? Array.from({ length: x.data.length }, (_, i) => i)
        : Array.from({ length: PROBES }, () => r.int(0, x.data.length - 1));
    for (const i of indices) {
      const numeric = slope(op, c.inputs, attrs, weights, name, i);
      if (!(Math.abs(numeric - g.data[i]!) <= TOLERANCE * (scale + 1)))
        throw new Error(`gradient of ${name}[${i}] is ${g.data[i]}, central differences give ${numeric}`);
    }
  }
}

function random(r: Random, shape: readonly number[]): Tensor {
  const data = allocate("f32", numel(shape));
  for (let i = 0; i < data.length; i++) data[i] = r.uniform(-1, 1);
  return tensor("f32", shape, data);
}

function gradients(op: OpDef, inputs: Tensors, attrs: OpCase["attrs"], weights: Tensors): Tensors {
  const b = new GraphBuilder();
  const values: Record<string, string> = {};
  for (const [name, t] of Object.entries(inputs)) values[name] = b.input(name, t);
  const outputs = b.emit(op, values, attrs, "forward");
  const grads: Record<string, string> = {};
  for (const [name, t] of Object.entries(weights)) grads[name] = b.constant(t, `weight.${name}`);
  const result = op.grad!(b, { name: "forward", inputs: values, outputs, attrs: { ...op.defaults, ...attrs } }, grads as Partial<Values>);
  for (const [name, v] of Object.entries(result)) if (v !== null) b.output(name, v);
  const graph = b.build();
  const all = evaluate(graph, new Map(Object.entries(inputs)));
  return Object.fromEntries([...graph.outputs].map(([name, v]) => [name, all.get(v)!]));
}

/** (loss(x + h) - loss(x - h)) / 2h in f64; outputs that do not depend on the element cancel exactly. */
function slope(op: OpDef, inputs: Tensors, attrs: OpCase["attrs"], weights: Tensors, name: string, i: number): number {
  const x = inputs[name]!;
  const at = (h: number): { x: number; y: Tensors } => {
    const moved = x.data.slice();
    moved[i] = moved[i]! + h;
    return { x: moved[i]!, y: op.reference({ ...inputs, [name]: { ...x, data: moved } as Tensor }, { ...op.defaults, ...attrs }) };
  };
  const [up, down] = [at(STEP), at(-STEP)];
  let sum = 0;
  for (const [o, w] of Object.entries(weights))
    for (let k = 0; k < w.data.length; k++) sum += w.data[k]! * (up.y[o]!.data[k]! - down.y[o]!.data[k]!);
  return sum / (up.x - down.x);
}
