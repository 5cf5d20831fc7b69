/** What the tests of bad ONNX files share: small models to spoil, and what a refusal has to look like. */
import { expect } from "vitest";
import { Dot4Error } from "../../src/errors.ts";
import { load, type LoadOptions } from "../../src/onnx/index.ts";
import { onnxModel, type Initializer, type OnnxModel, type OnnxNode } from "../support/onnx.ts";

/** The error that loading ends in: typed, and saying where, what and, for `words`, what exactly. */
export function refusal(bytes: Uint8Array, options: LoadOptions = {}): Dot4Error {
  try {
    load(bytes, options);
  } catch (error) {
    expect(error).toBeInstanceOf(Dot4Error);
    const e = error as Dot4Error;
    expect(
      [e.code, e.where, e.problem].every((s) => s.length > 0 && s.length < 400),
      e.message,
    ).toBe(true);
    expect(e.message.length).toBeLessThan(4000);
    return e;
  }
  throw new Error("nothing was refused");
}

export const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: OnnxNode["attributes"] = {},
  domain?: string,
): OnnxNode => ({ op, inputs, outputs, attributes, ...(domain && { domain }) });

const types = new Map<unknown, Initializer["type"]>([
  [Float32Array, "f32"],
  [Int32Array, "i32"],
  [Int8Array, "i8"],
  [Uint8Array, "u8"],
  [BigInt64Array, "i64"],
]);

/** An initializer of the type of its data; without a shape a vector, or with `null` a scalar. */
export const known = (name: string, data: ArrayBufferView & ArrayLike<unknown>, dims: readonly number[] = [data.length]): Initializer => ({
  name,
  type: types.get(data.constructor)!,
  dims,
  data,
});

/** x f32 [1, 4, 5, 6] -> y. */
export const model = (nodes: readonly OnnxNode[], initializers: readonly Initializer[] = [], rest: Partial<OnnxModel> = {}): Uint8Array =>
  onnxModel({
    nodes,
    initializers,
    inputs: [{ name: "x", type: "f32", dims: [1, 4, 5, 6] }],
    outputs: [{ name: "y", type: "f32", dims: [] }],
    ...rest,
  });

export const relu = node("Relu", ["x"], ["y"]);
