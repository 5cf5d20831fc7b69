/** An op forward and backward, in the golden data's layout. */
import type { Backend } from "../../../../src/backend/backend.ts";
import type { Attrs, Value } from "../../../../src/ops/index.ts";
import type { Tensor } from "../../../../src/tensor/index.ts";
import { emitWithGradient, evaluate, type Results } from "../../evaluate.ts";
import { channelsFirst, channelsLast } from "../../layout.ts";

type Layout = (t: Tensor) => Tensor;
const same: Layout = (t) => t;

/** Runs an op whose inputs are `inputs` (golden role -> op input) and returns y and d<role> for each. */
export async function forwardBackward(
  backend: Backend,
  name: string,
  roles: ReadonlyMap<string, { readonly input: string; readonly tensor: Tensor }>,
  attrs: Attrs,
  dy: Tensor,
  layoutOf: (t: Tensor) => { readonly to: Layout; readonly from: Layout } = () => ({ to: same, from: same }),
): Promise<Results> {
  const feeds: Record<string, Tensor> = { dy: layoutOf(dy).to(dy) };
  for (const { input, tensor } of roles.values()) feeds[input] = layoutOf(tensor).to(tensor);
  const inputs = Object.fromEntries([...roles.values()].map(({ input }) => [input, input]));
  const got = await evaluate(backend, feeds, (b) => {
    const { outputs, gradients } = emitWithGradient(b, name, inputs, attrs, { y: "dy" });
    const named: Record<string, Value> = { y: outputs.y! };
    for (const [role, { input }] of roles) named[`d${role}`] = gradients[input]!;
    return named;
  });
  const outputs: Record<string, Tensor> = { y: layoutOf(dy).from(got.y!) };
  for (const [role, { tensor }] of roles) outputs[`d${role}`] = layoutOf(tensor).from(got[`d${role}`]!);
  return { outputs };
}

/** Images and convolution weights have rank 4; what has another rank (a bias) is the same in both layouts. */
export const imageLayout = (t: Tensor): { to: Layout; from: Layout } =>
  t.shape.length === 4 ? { to: channelsLast, from: channelsFirst } : { to: same, from: same };

export const one = (x: Tensor): Map<string, { input: string; tensor: Tensor }> => new Map([["x", { input: "x", tensor: x }]]);
