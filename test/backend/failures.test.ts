/** What a device refuses while it lives: a typed error, nothing half-done, and the backend goes on. */
import { describe, expect, it } from "vitest";
import { DeviceError, OutOfMemoryError } from "../../src/errors.ts";
import { GraphBuilder, type Graph } from "../../src/graph/index.ts";
import type { KernelCall, OpDef } from "../../src/ops/op.ts";
import { i32 } from "../../src/tensor/index.ts";
import { counting, failure, mapping, open, x } from "./failing.ts";
import affineShader from "./shaders/affine.wgsl";
import sumShader from "./shaders/sum.wgsl";

describe("a read-back that the device rejects", () => {
  it("is a DeviceError with its cause; the backend goes on", async () => {
    const cause = new DOMException("planted", "OperationError");
    let rejects = false;
    using backend = await open({ onDevice: (d) => mapping(d, (map) => (rejects ? Promise.reject(cause) : map())) });
    using run = await backend.compile(counting(), { sizes: { n: 7 } });
    rejects = true;
    const pending = [run({ x: x() }), run.readStates()].map(failure);
    for (const e of await Promise.all(pending)) {
      expect(e).toBeInstanceOf(DeviceError);
      expect([e.code, e.cause]).toEqual(["gpu-error", cause]);
      expect(e.message).toMatch(/planted/);
    }
    rejects = false;
    expect((await run({ x: x(3) }))["y"]!.data).toHaveLength(3);
  });
});

describe("memory that is not there", () => {
  it("is an OutOfMemoryError with the bytes wanted and held; the backend goes on", async () => {
    let full = false;
    using backend = await open({ refuseBuffer: () => full });
    using first = await backend.compile(counting(), { sizes: { n: 7 } });
    const before = backend.memory();
    full = true;
    const e = await failure(backend.compile(counting(), { sizes: { n: 1009 } }));
    expect(e).toBeInstanceOf(OutOfMemoryError);
    expect(e.message).toMatch(/expected \d+ bytes wanted, got \d+ bytes held in \d+ buffers/);
    expect(await failure(first({ x: x(1013) }))).toBeInstanceOf(OutOfMemoryError);
    expect(backend.memory()).toEqual(before);
    full = false;
    expect((await first({ x: x(3) }))["y"]!.data).toEqual(Int32Array.of(4, 5, 3));
    expect((await first({ x: x(1013) }))["y"]!.data[0]).toBe(4);
  });

  it("a tensor larger than any buffer is refused by its size, before the device is asked", async () => {
    using backend = await open({}, { limits: "standard" });
    const b = new GraphBuilder();
    b.output("y", b.input("x", i32(["n"])));
    const e = await failure(backend.compile(b.build(), { sizes: { n: 2 ** 27 } }));
    expect(e).toBeInstanceOf(OutOfMemoryError);
    expect(e.message).toMatch(/expected at most 134217728 bytes, got 536870912 bytes/);
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });
});

describe("a kernel at fault", () => {
  const op = (call: Partial<KernelCall>): OpDef => ({
    name: "faulty",
    inputs: ["a", "b?"],
    outputs: ["y"],
    quantization: "float",
    infer: ({ a }) => ({ y: a! }),
    reference: ({ a }) => ({ y: a! }),
    kernel: () => [{ name: "only", calls: [{ shader: sumShader, workgroups: [1, 1, 1], ...call }] }],
  });
  const graph = (call: Partial<KernelCall>): Graph => {
    const b = new GraphBuilder();
    b.output("y", b.emit(op(call), { a: b.input("x", i32([7])) }, {}, "bad")["y"]!);
    return b.build();
  };
  const params = { count: 7, factor: 1 };
  const faults: [string, Partial<KernelCall>, RegExp][] = [
    ["an input that is not given", {}, /faulty "bad", shader sum: variable b stands for "b", which is no input that is given/],
    ["a variable that the shader lacks", { bindings: { c: "a" } }, /there is no variable c to bind/],
    ["a missing field of Params", { shader: affineShader, constants: { offset: 1 }, params: { count: 7 } }, /params\.factor is not given/],
    [
      "an unknown field of Params",
      { shader: affineShader, constants: { offset: 1 }, params: { ...params, size: 1 } },
      /Params has no field size/,
    ],
    [
      "a value that its type cannot hold",
      { shader: affineShader, constants: { offset: 1 }, params: { ...params, count: -1 } },
      /params\.count = -1 is not a u32/,
    ],
    ["an override without a value", { shader: affineShader, params }, /override offset has no default/],
    ["an unknown override", { shader: affineShader, constants: { offset: 1, tile: 8 }, params }, /there is no override tile/],
    ["params for a shader without Params", { bindings: { b: "a" }, params: { count: 7 } }, /has no Params/],
    ["too many workgroups", { bindings: { b: "a" }, workgroups: [2 ** 20, 1, 1] }, /cannot be dispatched/],
    [
      "WGSL that the compiler refuses",
      { bindings: { b: "a" }, shader: { ...sumShader, code: sumShader.code.replace("a[i] + b[i]", "a[i] + nonsense") } },
      /faulty "bad": the device refused the shader: \d+:\d+ .*nonsense/,
    ],
    [
      "an entry point that the pipeline refuses",
      { bindings: { b: "a" }, shader: { ...sumShader, code: sumShader.code.replace("fn main", "fn other") } },
      /refused the pipeline/,
    ],
    ["a binding that is read and written", { bindings: { b: "y" } }, /refused|usage|writable/i],
  ];

  it.each(faults)("%s: a DeviceError that names the node; nothing stays behind", async (_, call, message) => {
    using backend = await open();
    const e = await failure(
      backend.compile(graph(call)).then(async (run) => {
        using r = run;
        await r({ x: x() });
      }),
    );
    expect(e).toBeInstanceOf(DeviceError);
    expect(e.message).toMatch(message);
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });
});
