/**
 * Stochastic gradient descent, PyTorch's formula, on f32 tensors of one shape:
 *   g = gradient + weightDecay * parameter
 *   with momentumBuffer: buf = step == 1 ? g : momentum * buf + (1 - dampening) * g; g = nesterov ? g + momentum * buf : buf
 *   parameterOut = parameter - lr * g
 * lr f32 [1]; step i32 [1] counts from 1. Without momentumBuffer, momentum does not act and momentumBufferOut is empty
 * (f32 [0]). On the GPU parameter and momentumBuffer are updated in place. The reference computes in f64 and rounds once.
 */
import plainShader from "../../shaders/sgd.wgsl";
import momentumShader from "../../shaders/sgdMomentum.wgsl";
import { ShapeError } from "../errors.ts";
import { expectDType, expectShape } from "./check.ts";
import { f32Data, i32Data, zerosLike } from "./host.ts";
import { dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";
import { numel, zeros } from "../tensor/index.ts";

export type SgdAttrs = { readonly momentum: number; readonly dampening: number; readonly nesterov: boolean; readonly weightDecay: number };

export const sgd: OpDef<SgdAttrs> = {
  name: "sgd",
  inputs: ["parameter", "gradient", "lr", "momentumBuffer?", "step"],
  outputs: ["parameterOut", "momentumBufferOut"],
  quantization: "float",
  defaults: { momentum: 0, dampening: 0, nesterov: false, weightDecay: 0 },

  infer({ parameter, gradient, lr, momentumBuffer, step }, attrs, where) {
    expectDType(where, "parameter", parameter!, "f32");
    for (const [name, t] of Object.entries({ gradient, momentumBuffer }))
      if (t) {
        expectDType(where, name, t, "f32");
        expectShape(where, name, t, parameter!.shape, "must have the shape of parameter");
      }
    expectDType(where, "lr", lr!, "f32");
    expectShape(where, "lr", lr!, [1], "must be a scalar");
    expectDType(where, "step", step!, "i32");
    expectShape(where, "step", step!, [1], "must be a scalar");
    for (const name of ["momentum", "dampening", "weightDecay"] as const)
      if (!Number.isFinite(attrs[name]))
        throw new ShapeError({
          code: "bad-attribute",
          where,
          problem: `${name} must be finite`,
          expected: "a finite number",
          got: String(attrs[name]),
        });
    return { parameterOut: parameter!, momentumBufferOut: momentumBuffer ?? { dtype: "f32", shape: [0] } };
  },

  reference(t, { momentum, dampening, nesterov, weightDecay }) {
    const [p, grad, lr] = [f32Data(t.parameter), f32Data(t.gradient), f32Data(t.lr)[0]!];
    const first = i32Data(t.step)[0] === 1;
    const buf = t.momentumBuffer && f32Data(t.momentumBuffer);
    const parameterOut = zerosLike(t.parameter!);
    const momentumBufferOut = zeros("f32", t.momentumBuffer?.shape ?? [0]);
    for (let i = 0; i < p.length; i++) {
      let g = grad[i]! + weightDecay * p[i]!;
      if (buf) {
        const next = first ? g : momentum * buf[i]! + (1 - dampening) * g;
        momentumBufferOut.data[i] = next;
        g = nesterov ? g + momentum * next : next;
      }
      parameterOut.data[i] = p[i]! - lr * g;
    }
    return { parameterOut, momentumBufferOut };
  },

  kernel({ parameter, momentumBuffer }, { momentum, dampening, nesterov, weightDecay }, device) {
    const elements = numel(parameter!.shape);
    const workgroups = dispatch1d(elements, 64, device);
    if (!momentumBuffer)
      return [
        {
          name: "plain",
          inPlace: { parameterOut: "parameter" },
          calls: [{ shader: plainShader, params: { elements, weightDecay }, workgroups }],
        },
      ];
    const params = { elements, weightDecay, momentum, gain: 1 - dampening, nesterov: Number(nesterov) };
    return [
      {
        name: "momentum",
        inPlace: { parameterOut: "parameter", momentumBufferOut: "momentumBuffer" },
        calls: [{ shader: momentumShader, params, workgroups }],
      },
    ];
  },
};
