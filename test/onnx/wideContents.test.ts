/** Contents of double and uint64 in files: right to the last bit, in whatever form they are stored. */
import { describe, expect, it } from "vitest";
import { readTensor } from "../../src/onnx/tensor.ts";
import { tensor } from "../../src/tensor/index.ts";
import { message, varint, type Field } from "../support/onnx.ts";
import { f64, u64 } from "../support/wide.ts";

const [DOUBLE, UINT32, UINT64] = [11, 12, 13];

describe("contents of 64 bits", () => {
  const words = (type: number, ...fields: readonly Field[]) =>
    tensor("u32", [3, 2], readTensor(message([1, 3], [2, type], ...fields), "t").tensor.data as Uint32Array);
  const [first, all] = [2n ** 63n + 1n, 2n ** 64n - 1n];
  const varints = (...values: bigint[]): Uint8Array =>
    Uint8Array.from(
      values.flatMap((v) => {
        const bytes: number[] = [];
        for (; v > 127n; v >>= 7n) bytes.push(Number(v & 127n) | 128);
        return [...bytes, Number(v)];
      }),
    );

  it("are read to the last bit, raw, in a packed list and in one that is not", () => {
    const bytes = new Uint8Array(BigUint64Array.of(first, 5n, all).buffer);
    expect(words(UINT64, [9, bytes])).toEqual(u64(first, 5n, all));
    expect(words(UINT64, [11, varints(first, 5n, all)])).toEqual(u64(first, 5n, all));
    expect(words(UINT64, [11, 7], [11, 2 ** 40], [11, 1])).toEqual(u64(7n, 2n ** 40n, 1n));
    const doubles = new Uint8Array(Float64Array.of(0.1, -0, 5e-324).buffer);
    for (const field of [9, 10]) expect(words(DOUBLE, [field, doubles])).toEqual(f64(0.1, -0, 5e-324));
  });

  it("of uint32, which share a list with them, are numbers, and none beyond", () => {
    const of = (...values: bigint[]) => readTensor(message([1, values.length], [2, UINT32], [11, varints(...values)]), "t").tensor.data;
    expect(of(2n ** 32n - 1n, 3n)).toEqual(Uint32Array.of(2 ** 32 - 1, 3));
    expect(() => of(2n ** 32n)).toThrow("a value that uint32 does not have");
    expect(() => of(all)).toThrow("a value that uint32 does not have");
    expect(varint(2 ** 40)).toEqual([...varints(2n ** 40n)]);
  });

  it("are too few or too many", () => {
    expect(() => words(UINT64, [11, varints(1n, 2n)])).toThrow("do not fill the shape");
    expect(() => words(DOUBLE, [9, new Uint8Array(12)])).toThrow("do not fill the shape");
  });
});
