/** Elementwise functions of one number: what their ops and the ops of their gradients share. */
import backwardShader from "../../shaders/unaryBackward.wgsl";
import backwardVec4Shader from "../../shaders/unaryBackwardVec4.wgsl";
import shader from "../../shaders/unary.wgsl";
import vec4Shader from "../../shaders/unaryVec4.wgsl";
import { expectDType, expectShape } from "./check.ts";
import { f32Data, zerosLike } from "./host.ts";
import { elementwise } from "./kernel.ts";
import type { Attrs, OpDef } from "./op.ts";

/** FUNCTION of shaders/lib/unary.wgsl, by position. */
const functions = ["relu", "relu6", "clamp", "leakyRelu", "sigmoid", "hardSigmoid", "hardSwish"] as const;
type FunctionName = (typeof functions)[number];

/** What tells a function apart on the host and its parameters. */
export interface UnaryFunction<A extends Attrs> {
  readonly name: FunctionName;
  /** Up to two f32 parameters, from the attributes: bounds, a slope. */
  readonly limits?: (attrs: A) => readonly [low: number, high: number];
  /** @throws ShapeError for attributes that make no sense */
  readonly check?: (where: string, attrs: A) => void;
}

const limitsOf = <A extends Attrs>(f: UnaryFunction<A>, attrs: A): readonly [number, number] => {
  const [low, high] = f.limits?.(attrs) ?? [0, 0];
  return [Math.fround(low), Math.fround(high)];
};

const callOf = <A extends Attrs>(f: UnaryFunction<A>, attrs: A) => {
  const [low, high] = limitsOf(f, attrs);
  return { constants: { FUNCTION: functions.indexOf(f.name) }, params: { low, high } };
};

/** The op y = of(x), f32 of any shape, computed in f64 by the reference and rounded once; its gradient is `backward`'s. */
export function unary<A extends Attrs>(
  f: UnaryFunction<A>,
  of: (x: number, low: number, high: number) => number,
  backward: OpDef<A>,
  rest: Pick<OpDef<A>, "quantization" | "activation" | "defaults" | "lower">,
): OpDef<A> {
  return {
    name: f.name,
    inputs: ["x"],
    outputs: ["y"],
    ...rest,

    infer({ x }, attrs, where) {
      expectDType(where, "x", x!, "f32");
      f.check?.(where, attrs);
      return { y: x! };
    },

    reference({ x }, attrs) {
      const y = zerosLike(x!);
      const limits = limitsOf(f, attrs);
      f32Data(x).forEach((v, i) => (y.data[i] = of(v, ...limits)));
      return { y };
    },

    grad(b, { inputs, outputs, attrs }, { y: dy }) {
      if (!dy) return { x: null };
      const known = backward.inputs[1]!;
      return { x: b.emit(backward, { dy, [known]: known === "y" ? outputs.y : inputs.x }, attrs).dx! };
    },

    kernel: ({ x }, attrs, device) => elementwise(vec4Shader, shader, x!, callOf(f, attrs), device),
  };
}

/**
 * The op dx = of(dy, v), named after the function with Backward added, v being the function's input x or its output y.
 * dy, v and dx are f32 of one shape.
 */
export function unaryBackward<A extends Attrs>(
  f: UnaryFunction<A>,
  v: "x" | "y",
  of: (dy: number, v: number, low: number, high: number) => number,
): OpDef<A> {
  return {
    name: `${f.name}Backward`,
    inputs: ["dy", v],
    outputs: ["dx"],
    quantization: "float",

    infer(types, attrs, where) {
      const { dy } = types;
      expectDType(where, "dy", dy!, "f32");
      expectDType(where, v, types[v]!, "f32");
      expectShape(where, "dy", dy!, types[v]!.shape, `must have the shape of ${v}`);
      f.check?.(where, attrs);
      return { dx: dy! };
    },

    reference(t, attrs) {
      const dx = zerosLike(t.dy!);
      const limits = limitsOf(f, attrs);
      const values = f32Data(t[v]);
      f32Data(t.dy).forEach((dy, i) => (dx.data[i] = of(dy, values[i]!, ...limits)));
      return { dx };
    },

    kernel: ({ dy }, attrs, device) =>
      elementwise(backwardVec4Shader, backwardShader, dy!, { ...callOf(f, attrs), bindings: { v } }, device),
  };
}
