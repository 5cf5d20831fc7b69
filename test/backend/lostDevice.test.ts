/** A device lost at each phase: a typed error on every pending promise and on all that come later. */
import { describe, expect, it } from "vitest";
import { Context } from "../../src/backend/webgpu/context.ts";
import type { WebGpuBackend } from "../../src/backend/webgpu/index.ts";
import { Pipelines } from "../../src/backend/webgpu/pipelines.ts";
import { DeviceLostError } from "../../src/errors.ts";
import { counting, doomed, failure, mapping, open, x } from "./failing.ts";

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
