/** Small integer ops that between them use all that a memory plan has to know: in place, alias, scratch, two outputs, uniforms. */
import type { OpDef, Shader, Variant } from "../../src/ops/op.ts";
import { numel, tensor, type Tensor, type TensorType } from "../../src/tensor/index.ts";
import accumulateShader from "./shaders/accumulate.wgsl";
import affineShader from "./shaders/affine.wgsl";
import doubleShader from "./shaders/double.wgsl";
import neighboursShader from "./shaders/neighbours.wgsl";
import pairShader from "./shaders/pair.wgsl";
import sumShader from "./shaders/sum.wgsl";

const ints = (t: Tensor | undefined): Int32Array => t!.data as Int32Array;
const map = (t: Tensor | undefined, f: (v: number, i: number) => number): Tensor => tensor("i32", t!.shape, ints(t).map(f));
const groups = (t: TensorType | undefined): readonly [number, number, number] => [Math.ceil(numel(t!.shape) / 64), 1, 1];
const common = { quantization: "float" } as const;
const one = (shader: Shader, t: TensorType | undefined, rest: Partial<Variant> = {}): readonly Variant[] => [
  { name: "only", calls: [{ shader, workgroups: groups(t) }], ...rest },
];

/** A float op without kernels: each element of y from those at its place; inputs of one element serve for all. */
export const elementwise = (name: string, inputs: readonly string[], f: (...values: number[]) => number): OpDef => ({
  ...common,
  name,
  inputs,
  outputs: ["y"],
  infer: (types) => ({ y: types[inputs[0]!]! }),
  reference: (given) => {
    const [first, ...rest] = inputs.map((i) => given[i]!) as [Tensor, ...Tensor[]];
    const value = (v: number, i: number): number => f(v, ...rest.map((t) => t.data[t.data.length === 1 ? 0 : i]!));
    return { y: tensor("f32", first.shape, Float32Array.from(first.data, value)) };
  },
  kernel: () => [],
});

export const sum: OpDef = {
  ...common,
  name: "sum",
  inputs: ["a", "b"],
  outputs: ["y"],
  infer: ({ a }) => ({ y: a! }),
  reference: ({ a, b }) => ({ y: map(a, (v, i) => v + ints(b)[i]!) }),
  kernel: ({ a }) => one(sumShader, a),
};

/** y = 3 x + 1, in place. */
export const affine: OpDef = {
  ...common,
  name: "affine",
  inputs: ["x"],
  outputs: ["y"],
  infer: ({ x }) => ({ y: x! }),
  reference: ({ x }) => ({ y: map(x, (v) => Math.imul(3, v) + 1) }),
  kernel: ({ x }) => [
    {
      name: "inPlace",
      inPlace: { y: "x" },
      calls: [{ shader: affineShader, constants: { offset: 1 }, params: { count: numel(x!.shape), factor: 3 }, workgroups: groups(x) }],
    },
  ],
};

/** y = sum + x, in place of sum. */
export const accumulate: OpDef = {
  ...common,
  name: "accumulate",
  inputs: ["total", "x"],
  outputs: ["y"],
  infer: ({ total }) => ({ y: total! }),
  reference: ({ total, x }) => ({ y: map(total, (v, i) => v + ints(x)[i]!) }),
  kernel: ({ x }) => one(accumulateShader, x, { inPlace: { y: "total" } }),
};

/** Nothing is computed: y is x. */
export const view: OpDef = {
  ...common,
  name: "view",
  inputs: ["x"],
  outputs: ["y"],
  infer: ({ x }) => ({ y: x! }),
  reference: ({ x }) => ({ y: x! }),
  kernel: () => [{ name: "alias", alias: { y: "x" }, calls: [] }],
};

export const pair: OpDef = {
  ...common,
  name: "pair",
  inputs: ["x", "scalar"],
  outputs: ["more", "twice"],
  infer: ({ x }) => ({ more: x!, twice: x! }),
  reference: ({ x, scalar }) => ({ more: map(x, (v) => v + ints(scalar)[0]!), twice: map(x, (v) => 2 * v) }),
  kernel: ({ x }) => one(pairShader, x),
};

export const double: OpDef = {
  ...common,
  name: "double",
  inputs: ["x"],
  outputs: ["y"],
  infer: ({ x }) => ({ y: { dtype: "i32", shape: [...x!.shape.slice(0, -1), 2 * (x!.shape.at(-1) as number)] } }),
  reference({ x }) {
    const last = x!.shape.at(-1)!;
    const flat = ints(x);
    return {
      y: tensor(
        "i32",
        [...x!.shape.slice(0, -1), 2 * last],
        Int32Array.from({ length: 2 * flat.length }, (_, i) => flat[i % flat.length]!),
      ),
    };
  },
  kernel: ({ x }) => [{ name: "only", calls: [{ shader: doubleShader, workgroups: [Math.ceil((2 * numel(x!.shape)) / 64), 1, 1] }] }],
};

/** y[i] = 4 x-neighbours, in two calls through scratch: the second call reads what all invocations of the first wrote. */
export const blur: OpDef = {
  ...common,
  name: "blur",
  inputs: ["x"],
  outputs: ["y"],
  infer: ({ x }) => ({ y: x! }),
  reference({ x }) {
    const n = ints(x).length;
    const at = (i: number): number => ints(x)[i % n]!;
    return { y: map(x, (_, i) => at(i) + 2 * at(i + 1) + at(i + 2)) };
  },
  kernel: ({ x }): readonly Variant[] => [
    {
      name: "two calls",
      scratch: { between: x! },
      calls: [
        { shader: neighboursShader, bindings: { y: "between" }, workgroups: groups(x) },
        { shader: neighboursShader, bindings: { x: "between" }, workgroups: groups(x) },
      ],
    },
  ],
};
