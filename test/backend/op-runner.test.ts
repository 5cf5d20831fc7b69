/** The runner of op cases finds what it is there to find: each planted fault is reported as what it is. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deviceInfo } from "../../src/backend/webgpu/info.ts";
import type { DeviceInfo, OpDef, Shader, Tensors, Variant } from "../../src/ops/op.ts";
import { i32, i8, tensor, type TensorType } from "../../src/tensor/index.ts";
import { difference } from "../support/compare.ts";
import { testDevice } from "../support/device.ts";
import { checkGradient } from "../support/gradient-check.ts";
import { runVariant, variantsOf } from "../support/op-runner.ts";
import { affine, blur, elementwise, pair, sum, view } from "./ops.ts";
import sumShader from "./shaders/sum.wgsl";

let device: GPUDevice;
let info: DeviceInfo;
beforeAll(async () => {
  device = await testDevice();
  info = deviceInfo(device, false);
});
afterAll(() => device.destroy());

const a = tensor(
  "i32",
  [67],
  Int32Array.from({ length: 67 }, (_, i) => i),
);
const edited = (from: string, to: string): Shader => {
  if (!sumShader.code.includes(from)) throw new Error(`the shader has no ${from}`);
  return { ...sumShader, code: sumShader.code.replace(from, to) };
};
const variant = (shader: Shader, y: TensorType = a): Variant => ({
  name: "planted",
  calls: [{ shader, workgroups: [Math.ceil((y.shape[0] as number) / 64), 1, 1] }],
});
const run = (op: OpDef, v: Variant, inputs: Tensors = { a, b: a }): Promise<Tensors> => runVariant(device, info, op, inputs, {}, v);

describe("runVariant", () => {
  it("runs in place, aliased, with scratch, uniforms and two outputs", async () => {
    const scalar = tensor("i32", [1], [5]);
    for (const [op, inputs] of [
      [affine, { x: a }],
      [view, { x: a }],
      [blur, { x: a }],
      [sum, { a, b: a }],
      [pair, { x: a, scalar }],
    ] as [OpDef, Tensors][])
      for (const v of variantsOf(op, inputs, {}, info, false))
        expect(await run(op, v.variant, inputs), op.name).toEqual(op.reference(inputs, {}));
  });

  it("finds writes beyond the end, which a device would clamp into the last element", async () => {
    await expect(run(sum, variant(edited("if (i < arrayLength(&y))", "if (i < 70u)")))).rejects.toThrow(/writes outside of y/);
  });

  it("finds writes to scratch beyond its end", async () => {
    const shader = edited("if (i < arrayLength(&y))", "if (i < 70u)");
    const v: Variant = {
      name: "scratch",
      scratch: { between: a },
      calls: [{ shader, bindings: { y: "between" }, workgroups: [2, 1, 1] }, ...variant(sumShader).calls],
    };
    await expect(run(sum, v)).rejects.toThrow(/writes outside of between/);
  });

  it("finds elements that are never written, and reads of memory that was never written", async () => {
    const y = (await run(sum, variant(edited("if (i < arrayLength(&y))", "if (i < arrayLength(&y) && i != 66u)"))))["y"]!;
    expect(difference(y, sum.reference({ a, b: a }, {})["y"]!)).toMatch(/1 of 67 elements .* differ: \[66\]/);
    const stale = (await run(sum, variant(edited("a[i] + b[i]", "a[i] + b[i] + (y[i] & 1)"))))["y"]!;
    expect(difference(stale, sum.reference({ a, b: a }, {})["y"]!)).toMatch(/67 of 67/);
  });

  it("finds reads beyond the end of inputs", async () => {
    // The shader must not ask for arrayLength, or its bindings end exactly where the value does.
    const shader = edited(
      "if (i < arrayLength(&y)) {\n    y[i] = a[i] + b[i];",
      "if (i < 67u) {\n    y[i] = a[i] + b[i] + a[i + 1] - i32(i + 1);",
    );
    const y = (await run(sum, variant(shader)))["y"]!;
    expect(difference(y, sum.reference({ a, b: a }, {})["y"]!)).toMatch(/1 of 67 elements .* differ: \[66\]/);
  });

  it("finds padding lanes that are not 0", async () => {
    const bytes = tensor("i8", [5], [1, 2, 3, 4, 5]);
    const add: OpDef = { ...sum, infer: () => ({ y: i8([5]) }) };
    await expect(run(add, variant(edited("a[i] + b[i]", "a[i] + (1 << 8)"), i8([5])), { a: bytes, b: bytes })).rejects.toThrow(
      /padding lanes of y are not 0 in word 1/,
    );
  });

  it("passes on what the device refuses", async () => {
    await expect(run(sum, { ...variant(sumShader), inPlace: { y: "a" } })).rejects.toThrow(/planted: .*(usage|writable)/is);
  });
});

describe("variantsOf", () => {
  it("asks as software and hardware, leaves out what does not apply, and folds grids", () => {
    const op: OpDef = {
      ...sum,
      kernel: (_, __, d) => [
        { name: "software", when: d.software, calls: [] },
        { name: "hardware", when: !d.software, calls: [] },
        { name: "grid", calls: [{ shader: sumShader, workgroups: [Math.min(7, d.limits.maxComputeWorkgroupsPerDimension), 3, 1] }] },
      ],
    };
    expect(
      variantsOf(op, { a: i32([7]) }, {}, info, true)
        .map((v) => v.name)
        .sort(),
    ).toEqual(["grid", "grid (folded)", "hardware", "software"]);
  });
});

describe("checkGradient", () => {
  const times = elementwise("times", ["a", "b", "factor"], (a, b, factor) => a! * b! * factor!);
  const square = (factor: number): OpDef => ({
    ...elementwise("square", ["x"], (x) => x! * x!),
    grad: (b, { inputs }, { y }) => ({
      x: b.emit(times, { a: inputs["x"], b: y, factor: b.constant(tensor("f32", [1], [factor])) })["y"]!,
    }),
  });
  const c = { name: "c", inputs: { x: tensor("f32", [5], [-2, -0.5, 0.25, 1, 1.75]) } };

  it("accepts the right gradient and refuses one that is 1 % off", () => {
    expect(() => checkGradient(square(2), c, ["x"], 0)).not.toThrow();
    expect(() => checkGradient(square(2.02), c, ["x"], 0)).toThrow(/gradient of x\[\d\] is/);
  });
});
