import { sgd } from "../../src/ops/sgd.ts";
import { scalar, tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

const state = (n: number) => ({ parameter: fixed(1, n), gradient: fixed(2, n), lr: scalar("f32", 0.05), momentumBuffer: fixed(3, n) });
const empty = tensor("f32", [0], []);

export const sgdCases: OpCases = {
  op: sgd,
  tolerance: { rtol: 1e-6, atol: 1e-6, why: "four f32 operations, fused or not, on numbers of about 1" },
  cases: [
    {
      name: "plain: no momentum buffer, an empty one comes out",
      inputs: { parameter: f32Tensor([2], [1, 2]), gradient: f32Tensor([2], [10, 20]), lr: scalar("f32", 0.125), step: scalar("i32", 1) },
      expected: { parameterOut: f32Tensor([2], [-0.25, -0.5]), momentumBufferOut: empty },
    },
    {
      name: "the first step sets the buffer to the gradient, dampening or not, NaN in it or not",
      inputs: {
        parameter: f32Tensor([1], [1]),
        gradient: f32Tensor([1], [4]),
        lr: scalar("f32", 0.5),
        momentumBuffer: f32Tensor([1], [NaN]),
        step: scalar("i32", 1),
      },
      attrs: { momentum: 0.5, dampening: 0.25 },
      expected: { parameterOut: f32Tensor([1], [-1]), momentumBufferOut: f32Tensor([1], [4]) },
    },
    {
      name: "later steps: momentum and dampening",
      inputs: {
        parameter: f32Tensor([1], [1]),
        gradient: f32Tensor([1], [4]),
        lr: scalar("f32", 0.5),
        momentumBuffer: f32Tensor([1], [8]),
        step: scalar("i32", 2),
      },
      attrs: { momentum: 0.5, dampening: 0.25 },
      expected: { parameterOut: f32Tensor([1], [-2.5]), momentumBufferOut: f32Tensor([1], [7]) },
    },
    {
      name: "Nesterov looks one step ahead",
      inputs: {
        parameter: f32Tensor([1], [1]),
        gradient: f32Tensor([1], [4]),
        lr: scalar("f32", 0.5),
        momentumBuffer: f32Tensor([1], [8]),
        step: scalar("i32", 2),
      },
      attrs: { momentum: 0.5, nesterov: true },
      expected: { parameterOut: f32Tensor([1], [-3]), momentumBufferOut: f32Tensor([1], [8]) },
    },
    {
      name: "weight decay enters the gradient, and so the buffer",
      inputs: { ...state(131), step: scalar("i32", 1) },
      attrs: { momentum: 0.9, weightDecay: 0.01 },
    },
    {
      name: "prime length, all at once",
      inputs: { ...state(1009), step: scalar("i32", 7) },
      attrs: { momentum: 0.9, nesterov: true, weightDecay: 0.1 },
    },
  ],
  random(r) {
    const shape = [r.int(1, 20), r.int(1, 20)];
    const momentum = r.int(0, 1) === 1;
    return {
      name: "random",
      inputs: {
        parameter: normal(r, shape),
        gradient: normal(r, shape),
        lr: scalar("f32", r.uniform(0, 0.5)),
        ...(momentum && { momentumBuffer: normal(r, shape) }),
        step: scalar("i32", r.int(1, 3)),
      },
      attrs: { momentum: momentum ? 0.9 : 0, weightDecay: r.pick([0, 0.1]), nesterov: momentum && r.int(0, 1) === 1, dampening: 0 },
    };
  },
};
