/** What goes wrong on a device, at each phase: a typed error on every pending promise, and nothing half-done. */
import { describe, expect, it } from "vitest";
import { Context } from "../../src/backend/webgpu/context.ts";
import { Pipelines } from "../../src/backend/webgpu/pipelines.ts";
import { webgpu, type DeviceOptions, type WebGpuBackend } from "../../src/backend/webgpu/index.ts";
import { DeviceError, DeviceLostError, OutOfMemoryError, UsageError, type Dot4Error } from "../../src/errors.ts";
import { GraphBuilder, type Graph } from "../../src/graph/index.ts";
import type { KernelCall, OpDef } from "../../src/ops/op.ts";
import { i32, tensor, type Tensor } from "../../src/tensor/index.ts";
import { testGpu } from "../support/device.ts";
import { wrapGpu, type Tampering } from "../support/fake-gpu.ts";
import { affine, blur } from "./ops.ts";
import sumShader from "./shaders/sum.wgsl";
import affineShader from "./shaders/affine.wgsl";

const quiet = { onWarning: () => undefined };
const open = async (tampering: Tampering = {}, options: DeviceOptions = {}): Promise<WebGpuBackend> =>
  webgpu({ gpu: wrapGpu(await testGpu(), tampering), ...quiet, ...options });

/** A backend and the key to the destruction of its device. */
async function doomed(): Promise<{ backend: WebGpuBackend; destroy: () => void }> {
  let device: GPUDevice | undefined;
  const backend = await open({ onDevice: (d) => (device = d) });
  return { backend, destroy: () => device!.destroy() };
}

const x = (n = 7): Tensor =>
  tensor(
    "i32",
    [n],
    Int32Array.from({ length: n }, (_, i) => i),
  );
function counting(): Graph {
  const b = new GraphBuilder();
  const s = b.state("s", "buffer", x());
  b.output("y", b.emit(blur, { x: b.input("x", i32(["n"])) })["y"]!);
  b.update(s, b.emit(affine, { x: s })["y"]!);
  return b.build();
}

/** The error of a promise that must fail, within 2 s. */
async function failure(promise: Promise<unknown>): Promise<Dot4Error> {
  const timeout = new Promise((_, reject) => setTimeout(() => reject(new Error("did not settle within 2 s")), 2000));
  return Promise.race([promise, timeout]).then(
    () => Promise.reject(new Error("did not fail")),
    (e: Dot4Error) => e,
  );
}

/** Has `map` answer instead of the mapAsync of every buffer of the device. */
function mapping(device: GPUDevice, map: (real: () => Promise<undefined>) => Promise<undefined>): void {
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const real = buffer.mapAsync.bind(buffer);
    buffer.mapAsync = (...args) => map(() => real(...args));
    return buffer;
  };
}

describe("opening a device", () => {
  it("without navigator.gpu says so and names cpu()", async () => {
    const e = await failure(webgpu());
    expect(e).toBeInstanceOf(DeviceError);
    expect(e.code).toBe("no-webgpu");
    expect(e.message).toMatch(/cpu\(\)/);
  });

  it("without an adapter, too", async () => {
    expect((await failure(open({ noAdapter: true }))).code).toBe("no-adapter");
  });

  it("refuses an adapter with less than the standard limits", async () => {
    const e = await failure(open({ limits: { maxStorageBuffersPerShaderStage: 4 } }));
    expect(e.code).toBe("limits");
    expect(e.message).toMatch(/maxStorageBuffersPerShaderStage.*at least 8.*got 4/);
  });

  it("works with the standard limits, and falls back to them when an adapter refuses what it promised", async () => {
    const x = { x: tensor("i32", [3], [1, 2, 3]) };
    for (const options of [{ tampering: {}, limits: "standard" as const }, { tampering: { limits: { maxBufferSize: 2 ** 50 } } }]) {
      using backend = await open(options.tampering, options.limits ? { limits: options.limits } : {});
      using run = await backend.compile(counting());
      expect((await run(x))["y"]!.data).toEqual(Int32Array.of(8, 9, 7));
    }
  });

  it("names the adapter", async () => {
    using backend = await open();
    expect(backend.name).toMatch(/^webgpu \(.+\)$/);
  });
});

describe("a lost device", () => {
  it("fails compile when it is lost before", async () => {
    const { backend, destroy } = await doomed();
    destroy();
    expect(await failure(backend.compile(counting(), { sizes: { n: 7 } }))).toBeInstanceOf(DeviceLostError);
  });

  it("fails compile when it is lost meanwhile", async () => {
    const { backend, destroy } = await doomed();
    const compiling = failure(backend.compile(counting(), { sizes: { n: 7 } }));
    destroy();
    expect(await compiling).toBeInstanceOf(DeviceLostError);
  });

  it("fails the runs, steps and reads under way, and every later one", async () => {
    const { backend, destroy } = await doomed();
    const run = await backend.compile(counting(), { sizes: { n: 7 }, keepAll: true });
    await run({ x: x() });
    const pending = [run({ x: x() }), run({ x: x() }), run({ x: x() }), run.readStates(), run.values(), run({ x: x(11) })].map(failure);
    destroy();
    for (const e of await Promise.all(pending)) expect(e).toBeInstanceOf(DeviceLostError);
    const later = [
      run({ x: x() }),
      run.step({ x: x() }),
      run.readStates(),
      run.writeStates(new Map([["s", x()]])),
      run.values(),
      backend.compile(counting()),
    ].map(failure);
    for (const e of await Promise.all(later)) expect(e).toBeInstanceOf(DeviceLostError);
  });

  it("fails at each of the device's calls during opening, compile and run, one after the other", async () => {
    const script = async (backend: WebGpuBackend): Promise<void> => {
      const run = await backend.compile(counting(), { sizes: { n: 7 } });
      await run.step({ x: x() });
      await run({ x: x() });
      await run.readStates();
    };
    let count = 0;
    using healthy = await open({ onCall: () => count++ });
    const opening = count;
    await script(healthy);
    const total = count - opening;
    expect(total).toBeGreaterThan(15);
    expect(opening).toBeGreaterThan(8);
    for (let lose = 0; lose < opening; lose++) {
      let calls = 0;
      const warnings: string[] = [];
      const onCall = (_: string, device: GPUDevice): void => void (calls++ === lose && device.destroy());
      const e = await failure(open({ onCall }, { onWarning: (m) => warnings.push(m) }));
      expect(e, `lost at call ${lose} of opening`).toBeInstanceOf(DeviceLostError);
      expect(warnings.join()).not.toMatch(/self-test/);
    }
    for (let lose = 0; lose < total; lose++) {
      let calls = -Infinity;
      using backend = await open({ onCall: (_, device) => void (calls++ === lose && device.destroy()) });
      calls = 0;
      const e = await failure(script(backend));
      expect(e, `lost at call ${lose}`).toBeInstanceOf(DeviceLostError);
    }
  });

  it("fails opening where the self-test's read-back never settles", async () => {
    const e = await failure(
      open({
        onDevice: (device) =>
          mapping(device, () => {
            device.destroy();
            return new Promise(() => undefined);
          }),
      }),
    );
    expect(e).toBeInstanceOf(DeviceLostError);
  });

  it("fails what the device would never answer", async () => {
    let lose!: (info: GPUDeviceLostInfo) => void;
    const lost = new Promise<GPUDeviceLostInfo>((resolve) => (lose = resolve));
    using backend = await open();
    const context = new Context({ lost } as GPUDevice, backend.info, new Pipelines({} as GPUDevice));
    expect(await context.wait(Promise.resolve(5))).toBe(5);
    const pending = [failure(context.wait(new Promise(() => undefined))), failure(context.wait(new Promise(() => undefined)))];
    lose({ reason: "unknown", message: "pulled out", __brand: "GPUDeviceLostInfo" });
    for (const e of await Promise.all(pending)) expect(e.message).toMatch(/the device was lost: pulled out/);
    expect(await failure(context.wait(Promise.resolve(5)))).toBeInstanceOf(DeviceLostError);
  });

  it("still can be disposed of, as can what was compiled on it", async () => {
    const { backend, destroy } = await doomed();
    const run = await backend.compile(counting(), { sizes: { n: 7 } });
    destroy();
    await failure(run({ x: x() }));
    run.dispose();
    backend.dispose();
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });
});

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

describe("dispose", () => {
  it("twice is once, and every later use is a UsageError", async () => {
    const backend = await open();
    const run = await backend.compile(counting(), { sizes: { n: 7 } });
    run.dispose();
    run.dispose();
    const uses = [
      () => run({ x: x() }),
      () => run.step({ x: x() }),
      () => run.readStates(),
      () => run.writeStates(new Map()),
      () => run.values(),
      async () => run.stats(),
    ];
    for (const use of uses) {
      const e = await failure(use());
      expect(e).toBeInstanceOf(UsageError);
      expect(e.code).toBe("disposed");
    }
    backend.dispose();
    backend.dispose();
    expect((await failure(backend.compile(counting()))).code).toBe("disposed");
  });

  it("during runs fails these with the same error", async () => {
    for (const what of ["graph", "backend"] as const) {
      const backend = await open();
      const run = await backend.compile(counting(), { sizes: { n: 7 } });
      await run({ x: x() });
      const pending = [run({ x: x() }), run({ x: x() }), run({ x: x(11) }), run.readStates()].map(failure);
      await Promise.resolve();
      (what === "graph" ? run : backend).dispose();
      for (const e of await Promise.all(pending)) expect([e.constructor.name, e.code]).toEqual(["UsageError", "disposed"]);
      expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
      backend.dispose();
    }
  });

  it("of one backend leaves the others alone: a compiled graph belongs to its own device", async () => {
    const [mine, other] = [await doomed(), await doomed()];
    const [run, otherRun] = await Promise.all([mine, other].map(({ backend }) => backend.compile(counting(), { sizes: { n: 7 } })));
    const expected = await otherRun!({ x: x() });
    mine.destroy();
    expect(await failure(run!({ x: x() }))).toBeInstanceOf(DeviceLostError);
    mine.backend.dispose();
    expect(await otherRun!({ x: x() })).toEqual(expected);
    // What one device computed is plain memory, and welcome on another.
    await otherRun!.writeStates(new Map([["s", expected["y"]!]]));
    other.backend.dispose();
    expect((await failure(otherRun!({ x: x() }))).code).toBe("disposed");
    expect([mine.backend.memory().buffers, other.backend.memory().buffers]).toEqual([0, 0]);
  });

  it("of the backend ends what is being compiled", async () => {
    const backend = await open();
    const compiling = failure(backend.compile(counting(), { sizes: { n: 7 } }));
    backend.dispose();
    expect((await compiling).code).toBe("disposed");
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });
});
