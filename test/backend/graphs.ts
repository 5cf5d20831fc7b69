/** Random graphs of the test ops, for fast-check. */
import fc from "fast-check";
import { GraphBuilder, type Graph } from "../../src/graph/index.ts";
import { sameType, scalar, tensor, type Tensor } from "../../src/tensor/index.ts";
import { accumulate, affine, blur, double, pair, sum, view } from "./ops.ts";

/** Wishes; what each number picks is settled while the graph grows, so that every draw is a graph. */
export interface Recipe {
  readonly states: readonly number[];
  readonly nodes: readonly { readonly op: number; readonly a: number; readonly b: number }[];
  readonly updates: readonly { readonly state: number; readonly value: number }[];
  readonly outputs: readonly number[];
  /** Draws from the youngest values only, so that chains (and with them reuse of buffers) come out. */
  readonly young: boolean;
}

const index = fc.nat(1000);
export const recipe = (nodes: number): fc.Arbitrary<Recipe> =>
  fc.record({
    states: fc.array(fc.nat(2), { maxLength: 4 }),
    nodes: fc.array(fc.record({ op: fc.nat(6), a: index, b: index }), { minLength: 1, maxLength: nodes }),
    updates: fc.array(fc.record({ state: index, value: index }), { maxLength: 5 }),
    outputs: fc.array(index, { minLength: 1, maxLength: 4 }),
    young: fc.boolean(),
  });

/** Prime lengths, so that workgroups are never full. */
const lengths = [5, 67, 131];
const ramp = (length: number, start: number): Tensor =>
  tensor(
    "i32",
    [length],
    Int32Array.from({ length }, (_, i) => start + 7 * i),
  );

export function grow({ states, nodes, updates, outputs, young }: Recipe): Graph {
  const b = new GraphBuilder();
  const values: string[] = lengths.map((length, i) => b.input(`x${i}`, { dtype: "i32", shape: [length] }));
  values.push(...lengths.map((length, i) => b.constant(ramp(length, -3 * i), `c${i}`)));
  const one = b.input("one", { dtype: "i32", shape: [1] });
  const stateNames = states.map((s, i) => b.state(`s${i}`, "buffer", ramp(lengths[s]!, 100 * i)));
  values.push(...stateNames);
  const pick = (wish: number): string =>
    young ? values[values.length - 1 - (wish % Math.min(4, values.length))]! : values[wish % values.length]!;
  const like = (v: string, wish: number): string => {
    const same = values.filter((w) => sameType(b.type(w), b.type(v)));
    return same[wish % same.length]!;
  };
  for (const { op, a, b: second } of nodes) {
    const x = pick(a);
    const y = like(x, second);
    const outputs = [
      () => b.emit(sum, { a: x, b: y }),
      () => b.emit(affine, { x }),
      () => b.emit(accumulate, { total: x, x: y }),
      () => b.emit(view, { x }),
      () => b.emit(pair, { x, scalar: one }),
      () => ((b.type(x).shape[0]! as number) < 500 ? b.emit(double, { x }) : b.emit(affine, { x })),
      () => b.emit(blur, { x }),
    ][op]!();
    values.push(...Object.values(outputs));
  }
  for (const { state, value } of updates) {
    const s = stateNames[state % Math.max(1, stateNames.length)];
    if (s !== undefined) b.update(s, like(s, value));
  }
  outputs.forEach((wish, i) => b.output(`out${i}`, pick(wish)));
  return b.build();
}

export const inputsOf = (seed: number): Record<string, Tensor> => ({
  ...Object.fromEntries(lengths.map((length, i) => [`x${i}`, ramp(length, seed * 1000 + i)])),
  one: scalar("i32", 1 + seed),
});
