import { describe, expect, it } from "vitest";
import { tensor, type Tensor } from "../../src/tensor/index.ts";
import { compare, parseTolerance, type Aids } from "./tolerance.ts";

const f32 = (...values: number[]): Tensor => tensor("f32", [values.length], values);
const i8 = (...values: number[]): Tensor => tensor("i8", [values.length], values);
/** Whether `got` passes for `want` under a rule as it is written in a golden file. */
const passes = (rule: unknown, got: Tensor, want: Tensor, aids?: Aids): boolean =>
  compare(got, want, parseTolerance(rule, "test"), aids) === undefined;

describe("parseTolerance", () => {
  it.each([
    1,
    "0",
    [],
    {},
    { rtol: 1 },
    { rtol: 1, atol: -1 },
    { off_by: 1 },
    { rtol: 0, atol: 0, extra: 1 },
    { off_by: 1, fraction: "0.1" },
    undefined,
  ])("refuses %j", (rule) => {
    expect(() => parseTolerance(rule, "x")).toThrow("unknown kind");
  });
});

describe("compare", () => {
  it("wants the same element type and shape, but for scalars", () => {
    expect(passes(0, i8(1, 2), f32(1, 2))).toBe(false);
    expect(passes(0, tensor("f32", [2, 1], [1, 2]), f32(1, 2))).toBe(false);
    expect(passes(0, tensor("f32", [], [3]), f32(3))).toBe(true);
    expect(passes(0, f32(3), tensor("f32", [], [3]))).toBe(true);
    expect(passes(0, tensor("f32", [0, 3], []), tensor("f32", [0, 3], []))).toBe(true);
    expect(passes(0, tensor("f32", [0, 3], []), tensor("f32", [0, 2], []))).toBe(false);
  });

  it("0 is bit-exact, but any zero passes for -0", () => {
    expect(passes(0, f32(1, NaN, -Infinity), f32(1, NaN, -Infinity))).toBe(true);
    expect(passes(0, f32(1 + 2 ** -23), f32(1))).toBe(false);
    expect(passes(0, f32(0), f32(NaN))).toBe(false);
    expect(passes(0, f32(0), f32(-0))).toBe(true);
    expect(passes(0, f32(-0), f32(0))).toBe(false);
  });

  it("null compares nothing", () => {
    expect(passes(null, f32(1), i8(2, 3))).toBe(true);
  });

  it("rtol, atol: both bounds add up; NaN and infinities only equal themselves", () => {
    const rule = { rtol: 0.125, atol: 1 };
    expect(passes(rule, f32(10), f32(8))).toBe(true);
    expect(passes(rule, f32(10.25), f32(8))).toBe(false);
    expect(passes(rule, f32(NaN), f32(8))).toBe(false);
    expect(passes(rule, f32(3e38), f32(Infinity))).toBe(false);
    expect(passes(rule, f32(Infinity), f32(Infinity))).toBe(true);
  });

  it("doubles are compared as such, in words", () => {
    const words = (...values: number[]): Tensor => tensor("u32", [values.length, 2], new Uint32Array(Float64Array.from(values).buffer));
    const rule = { kind: "closeDoubles", rtol: 1e-12, atol: 0 } as const;
    expect(compare(words(1 + 1e-13, 2), words(1, 2), rule)).toBe(undefined);
    expect(compare(words(1, 2 + 1e-11), words(1, 2), rule)).toContain("1 of 2 elements differ, first [1]");
    expect(compare(words(1), words(1, 2), rule)).toContain("is u32 [1, 2]");
    expect(compare(words(NaN), words(1), rule)).toBeDefined();
  });

  it("off_by, fraction: how far and how many", () => {
    const rule = { off_by: 1, fraction: 0.25 };
    expect(passes(rule, i8(1, 2, 3, 5), i8(1, 2, 3, 4))).toBe(true);
    expect(passes(rule, i8(1, 2, 4, 5), i8(1, 2, 3, 4))).toBe(false);
    expect(passes(rule, i8(1, 2, 3, 6), i8(1, 2, 3, 4))).toBe(false);
  });

  it("off_by, tie_window: off by one near a tie only, on either side of it and below zero", () => {
    const rule = { off_by: 1, tie_window: 0.01 };
    const aids = { exactPre: f32(2.495, 2.505, -1.495, 7.3) };
    expect(passes(rule, i8(3, 2, -2, 7), i8(2, 3, -1, 7), aids)).toBe(true);
    expect(passes(rule, i8(2, 2, -1, 8), i8(2, 2, -1, 7), aids)).toBe(false);
    expect(passes(rule, i8(4, 2, -1, 7), i8(2, 2, -1, 7), aids)).toBe(false);
    expect(passes(rule, i8(3), i8(2))).toBe(false);
  });

  it("moved_fraction: half of what differs, against the whole count", () => {
    expect(passes({ moved_fraction: 0.1 }, f32(9, 11), f32(10, 10))).toBe(true);
    expect(passes({ moved_fraction: 0.1 }, f32(7, 13), f32(10, 10))).toBe(false);
  });

  it("off_by_one_step_fraction: one step of the channel's scale, in few elements", () => {
    const rule = { rtol: 1e-5, atol: 1e-6, off_by_one_step_fraction: 0.25 };
    const perTensor = { step: { scale: f32(0.5), axis: null } };
    expect(passes(rule, f32(1, 2, 3, 4.5), f32(1, 2, 3, 4), perTensor)).toBe(true);
    expect(passes(rule, f32(1, 2, 3.5, 4.5), f32(1, 2, 3, 4), perTensor)).toBe(false);
    expect(passes(rule, f32(1, 2, 3, 4.25), f32(1, 2, 3, 4), perTensor)).toBe(false);
    const perChannel = { step: { scale: f32(0.5, 2), axis: 1 } };
    const square = (...v: number[]): Tensor => tensor("f32", [2, 2], v);
    expect(passes(rule, square(1, 2, 3, 6), square(1, 2, 3, 4), perChannel)).toBe(true);
    expect(passes(rule, square(1, 2, 5, 4), square(1, 2, 3, 4), perChannel)).toBe(false);
  });

  it("says how many elements differ and where the first one is", () => {
    expect(compare(tensor("i8", [2, 2], [1, 2, 4, 9]), tensor("i8", [2, 2], [1, 2, 3, 4]), { kind: "exact" })).toBe(
      "2 of 4 elements differ, first [1, 0]: got 4, expected 3; largest error 5",
    );
  });
});
