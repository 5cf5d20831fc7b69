/** Pools over images, forward and backward, and the indices of maxima. */
import type { Backend } from "../../../../src/backend/backend.ts";
import type { Attrs } from "../../../../src/ops/index.ts";
import { numel, tensor, type Tensor } from "../../../../src/tensor/index.ts";
import * as shared from "../../attrs.ts";
import { emit, evaluate, type Adapter } from "../../evaluate.ts";
import { readAttrs, readInputs, type Parsed, type Parsers } from "../../golden-case.ts";
import { channelsFirst, channelsLast } from "../../layout.ts";
import { forwardBackward, imageLayout, one } from "./gradient.ts";

/** A pool over images. */
export const pool =
  <S extends Parsers>(name: string, spec: S, attrs: (parsed: Parsed<S>) => Attrs): Adapter =>
  async (c, backend) => {
    const a = readAttrs(c, spec);
    const { x, dy } = readInputs(c, { x: "f32", dy: "f32" });
    return forwardBackward(backend, name, one(x), attrs(a), dy, imageLayout);
  };

/** Pools of maxima return no indices; where a window's maximum is, their gradient tells. */
export const maxPool: Adapter = async (c, backend) => {
  const attrs = shared.maxPoolAttrs(readAttrs(c, shared.maxPool));
  const { x, dy } = readInputs(c, { x: "f32", dy: "f32" });
  const results = await forwardBackward(backend, "maxPool2d", one(x), attrs, dy, imageLayout);
  return { outputs: { ...results.outputs, indices: await maximaIndices(backend, x, dy.shape, attrs) } };
};

/**
 * In the input plane of an NCHW image x, the index of the maximum of every window. Each window has a gradient of its own, 1
 * and up in its plane; those that overlap go back in passes of their own, so that no two meet in an element.
 */
async function maximaIndices(
  backend: Backend,
  x: Tensor,
  shape: readonly number[],
  attrs: Attrs & { readonly [K in "kernel" | "stride" | "dilation"]: readonly [number, number] },
): Promise<Tensor<"i32">> {
  const [apartY, apartX] = ([0, 1] as const).map((i) => Math.ceil(((attrs.kernel[i] - 1) * attrs.dilation[i] + 1) / attrs.stride[i])) as [
    number,
    number,
  ];
  const [inner, outer] = [x, { shape }].map((t) => numel(t.shape.slice(2))) as [number, number];
  const width = shape[3]!;
  const passOf = (i: number): number => (Math.floor(i / width) % apartY) * apartX + ((i % width) % apartX);
  const passes = Array.from({ length: apartY * apartX }, (_, pass): [string, Tensor] => {
    const marks = Float32Array.from({ length: numel(shape) }, (_, i) => (passOf(i % outer) === pass ? 1 + (i % outer) : 0));
    return [`dy${pass}`, channelsLast(tensor("f32", shape, marks))];
  });
  const all = await evaluate(backend, { x: channelsLast(x), ...Object.fromEntries(passes) }, (b) =>
    Object.fromEntries(passes.map(([dy]) => [dy, emit(b, "maxPool2dBackward", { dy, x: "x" }, attrs).dx!])),
  );
  const indices = new Int32Array(numel(shape)).fill(-1);
  for (const dx of Object.values(all))
    channelsFirst(dx).data.forEach((mark: number, at: number) => {
      if (mark > 0) indices[Math.floor(at / inner) * outer + mark - 1] = at % inner;
    });
  return tensor("i32", shape, indices);
}
