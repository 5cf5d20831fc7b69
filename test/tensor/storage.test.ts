import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DTypeError, ShapeError } from "../../src/errors.ts";
import { fromWords, i8, scalar, storageBytes, storageWords, tensor, toWords, f32, zeros, type Tensor } from "../../src/tensor/index.ts";

describe("storage rule", () => {
  test("8-bit values lie four to a word, lowest byte first, rows padded with zeros", () => {
    expect([...toWords(tensor("i8", [2, 3], [1, -1, 2, 3, 4, 5]))]).toEqual([0x0002ff01, 0x00050403]);
  });

  test("a rank-0 value takes one word, an empty tensor none, a buffer never less than 4 bytes", () => {
    expect(storageWords(i8([]))).toBe(1);
    expect(storageWords(i8([3, 0]))).toBe(0);
    expect(storageBytes(f32([0]))).toBe(4);
  });

  test("unpacked types are a view of the same bytes", () => {
    const t = scalar("f32", 1);
    expect([...toWords(t)]).toEqual([0x3f800000]);
    expect(toWords(t).buffer).toBe(t.data.buffer);
  });

  const shape = fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 0, maxLength: 4 });
  test("what is packed comes back, for every dtype and shape", () => {
    fc.assert(
      fc.property(shape, fc.constantFrom("f32", "i32", "u32", "i8", "u8"), fc.integer(), (s, dtype, seed) => {
        const t: Tensor = zeros(dtype, s);
        for (let i = 0; i < t.data.length; i++) t.data[i] = (seed + i * 2654435761) | 0;
        const words = toWords(t);
        expect(words.length).toBe(storageWords(t));
        expect(fromWords(t, words)).toEqual(t);
      }),
    );
  });
});

describe("tensor refuses", () => {
  test("data that does not fill the shape", () => expect(() => tensor("f32", [2, 3], [1])).toThrow(ShapeError));
  test("sizes that are negative or fractional", () => {
    expect(() => tensor("f32", [-1], [])).toThrow(ShapeError);
    expect(() => tensor("f32", [1.5], [])).toThrow(ShapeError);
  });
  test("data of another element type", () => expect(() => tensor("i8", [1], new Float32Array(1) as never)).toThrow(DTypeError));
});
