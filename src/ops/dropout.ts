/**
 * y = keep ? x / (1 - p) : 0 with keep = word >= round(p * 2^32), one multiplication by f32(1 / (1 - p)). The word of element e
 * is word e % 4 of randomWords(floor(e / 4), step, seed, 0) (src/numerics/counterRandom.ts): the same on GPU and CPU, other
 * for each step and each seed. x and y f32 of one shape, step i32 [1]. Without training y = x, computed by nothing.
 * What is dropped is 0 even where x is NaN. Layers that shall differ need seeds that differ.
 */
import shader from "../../shaders/dropout.wgsl";
import vec4Shader from "../../shaders/dropoutVec4.wgsl";
import { ShapeError } from "../errors.ts";
import { randomWords } from "../numerics/counterRandom.ts";
import { expectDType, expectShape } from "./check.ts";
import { f32Data, i32Data, zerosLike } from "./host.ts";
import { elementwise } from "./kernel.ts";
import type { OpDef } from "./op.ts";

export type DropoutAttrs = { readonly p: number; readonly seed: number; readonly training: boolean };

const thresholdOf = (p: number): number => Math.min(Math.round(p * 2 ** 32), 2 ** 32 - 1);
const scaleOf = (p: number): number => Math.fround(1 / (1 - p));

export const dropout: OpDef<DropoutAttrs> = {
  name: "dropout",
  inputs: ["x", "step"],
  outputs: ["y"],
  quantization: "sharesInput",
  evaluation: { role: "random", attrs: { training: false } },
  defaults: { p: 0.5, seed: 0, training: true },

  infer({ x, step }, { p, seed }, where) {
    expectDType(where, "x", x!, "f32");
    expectDType(where, "step", step!, "i32");
    expectShape(where, "step", step!, [1], "must be a scalar");
    const fail = (problem: string, expected: string, got: number): never => {
      throw new ShapeError({ code: "bad-attribute", where, problem, expected, got: String(got) });
    };
    if (!(p >= 0 && p < 1)) fail("p is out of range", "0 <= p < 1", p);
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) fail("seed must be a whole number", "0 to 2^32 - 1", seed);
    return { y: x! };
  },

  reference(t, { p, seed, training }) {
    const [x, step, y] = [f32Data(t.x), i32Data(t.step)[0]!, zerosLike(t.x!)];
    if (!training) y.data.set(x);
    for (let i = 0; training && i < x.length; i += 4) {
      const words = randomWords(i / 4, step, seed, 0);
      for (let e = i; e < Math.min(i + 4, x.length); e++) y.data[e] = words[e - i]! >= thresholdOf(p) ? x[e]! * scaleOf(p) : 0;
    }
    return { y };
  },

  grad: (b, { inputs, attrs }, { y: dy }) => ({ x: dy ? b.emit(dropout, { x: dy, step: inputs.step }, attrs).y! : null, step: null }),

  kernel({ x }, { p, seed, training }, device) {
    if (!training) return [{ name: "alias", alias: { y: "x" }, calls: [] }];
    return elementwise(vec4Shader, shader, x!, { params: { seed, threshold: thresholdOf(p), scale: scaleOf(p) } }, device);
  },
};
