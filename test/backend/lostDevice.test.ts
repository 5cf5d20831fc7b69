/** A device lost at each phase: a typed error on every pending promise and on all that come later. */
import { describe, expect, it } from "vitest";
import { Context } from "../../src/backend/webgpu/context.ts";
import type { WebGpuBackend } from "../../src/backend/webgpu/index.ts";
import { Pipelines } from "../../src/backend/webgpu/pipelines.ts";
import { DeviceLostError } from "../../src/errors.ts";
import { counting, doomed, happening, mapping, open, prompt, x } from "./failing.ts";

/** Destroys a device, and tells when. */
function loss(): { readonly lost: Promise<void>; readonly destroy: (device: GPUDevice) => void } {
  const { event, happen } = happening();
  return { lost: event, destroy: (device) => (device.destroy(), happen()) };
}

describe("a lost device", () => {
  it("fails compile when it is lost before", async () => {
    const { backend, destroy } = await doomed();
    destroy();
    expect(await prompt()(backend.compile(counting(), { sizes: { n: 7 } }))).toBeInstanceOf(DeviceLostError);
  });

  it("fails compile when it is lost meanwhile", async () => {
    const { backend, destroy } = await doomed();
    const compiling = prompt()(backend.compile(counting(), { sizes: { n: 7 } }));
    destroy();
    expect(await compiling).toBeInstanceOf(DeviceLostError);
  });

  it("fails the runs, steps and reads under way, and every later one", async () => {
    const { backend, destroy } = await doomed();
    const run = await backend.compile(counting(), { sizes: { n: 7 }, keepAll: true });
    await run({ x: x() });
    const pending = [run({ x: x() }), run({ x: x() }), run({ x: x() }), run.readStates(), run.values(), run({ x: x(11) })].map(prompt());
    destroy();
    for (const e of await Promise.all(pending)) expect(e).toBeInstanceOf(DeviceLostError);
    const later = [
      run({ x: x() }),
      run.step({ x: x() }),
      run.readStates(),
      run.writeStates(new Map([["s", x()]])),
      run.values(),
      backend.compile(counting()),
    ].map(prompt());
    for (const e of await Promise.all(later)) expect(e).toBeInstanceOf(DeviceLostError);
  });

  const script = async (backend: WebGpuBackend): Promise<void> => {
    const run = await backend.compile(counting(), { sizes: { n: 7 } });
    await run.step({ x: x() });
    await run({ x: x() });
    await run.readStates();
  };

  it("fails at each of the device's calls during opening, one after the other", async () => {
    let count = 0;
    const healthy = await open({ onCall: () => count++ });
    const opening = count;
    healthy.dispose();
    expect(opening).toBeGreaterThan(8);
    for (let lose = 0; lose < opening; lose++) {
      let calls = 0;
      const warnings: string[] = [];
      const { lost, destroy } = loss();
      const onCall = (_: string, device: GPUDevice): void => void (calls++ === lose && destroy(device));
      const e = await prompt(lost)(open({ onCall }, { onWarning: (m) => warnings.push(m) }));
      expect(e, `lost at call ${lose} of opening`).toBeInstanceOf(DeviceLostError);
      expect(warnings.join()).not.toMatch(/self-test/);
    }
  });

  it("fails at each of the device's calls during compile and run, one after the other", async () => {
    let count = 0;
    using healthy = await open({ onCall: () => count++ });
    count = 0;
    await script(healthy);
    const total = count;
    expect(total).toBeGreaterThan(15);
    for (let lose = 0; lose < total; lose++) {
      let calls = -Infinity;
      const { lost, destroy } = loss();
      using backend = await open({ onCall: (_, device) => void (calls++ === lose && destroy(device)) });
      calls = 0;
      const e = await prompt(lost)(script(backend));
      expect(e, `lost at call ${lose}`).toBeInstanceOf(DeviceLostError);
    }
  });

  it("fails opening where the self-test's read-back never settles", async () => {
    const { lost, destroy } = loss();
    const onDevice = (device: GPUDevice): void =>
      mapping(device, () => {
        destroy(device);
        return new Promise(() => undefined);
      });
    expect(await prompt(lost)(open({ onDevice }))).toBeInstanceOf(DeviceLostError);
  });

  it("fails what waits for a read-back that was asked for before, whatever becomes of that", async () => {
    const answers: ((real: Promise<undefined>) => Promise<undefined>)[] = [
      (real) => real,
      (real) => real.catch(() => undefined),
      () => Promise.resolve(undefined),
      () => new Promise(() => undefined),
    ];
    for (const answer of answers) {
      const { lost, destroy } = loss();
      let reads = -Infinity;
      const onDevice = (device: GPUDevice): void =>
        mapping(device, (real) => {
          if (++reads !== 1) return real();
          const asked = real();
          asked.catch(() => undefined);
          destroy(device);
          return answer(asked);
        });
      using backend = await open({ onDevice });
      const run = await backend.compile(counting(), { sizes: { n: 7 } });
      reads = 0;
      const pending = [run.readStates(), run({ x: x() }), run.readStates()].map(prompt(lost));
      for (const e of await Promise.all(pending)) expect(e).toBeInstanceOf(DeviceLostError);
      expect(reads).toBeGreaterThan(0);
    }
  });

  const calls = ["writeBuffer", "submit", "mapAsync", "onSubmittedWorkDone"] as const;
  it.each(calls)("fails at each %s, asked for before or after the loss", async (call) => {
    const opened = async (lose: number, first: boolean) => {
      const { lost, destroy } = loss();
      let count = -Infinity;
      const struck = <T>(device: GPUDevice, task: () => T): T => {
        const hit = count++ === lose;
        if (hit && first) destroy(device);
        const result = task();
        if (hit && !first) destroy(device);
        return result;
      };
      const onDevice = (device: GPUDevice): void => {
        if (call === "mapAsync") return mapping(device, (real) => struck(device, real));
        const real = device.queue[call].bind(device.queue) as (...args: unknown[]) => unknown;
        Object.assign(device.queue, { [call]: (...args: unknown[]) => struck(device, () => real(...args)) });
      };
      const backend = await open({ onDevice });
      count = 0;
      return { backend, lost, calls: () => count };
    };
    const whole = await opened(-1, true);
    await script(whole.backend);
    whole.backend.dispose();
    // A short run on its own is not waited for.
    if (call !== "onSubmittedWorkDone") expect(whole.calls()).toBeGreaterThan(0);
    for (let lose = 0; lose < whole.calls(); lose++)
      for (const first of [true, false]) {
        const { backend, lost } = await opened(lose, first);
        expect(await prompt(lost)(script(backend)), `${call} ${lose}`).toBeInstanceOf(DeviceLostError);
        backend.dispose();
        expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
      }
  });

  it("fails what the device would never answer", async () => {
    let lose!: (info: GPUDeviceLostInfo) => void;
    const lost = new Promise<GPUDeviceLostInfo>((resolve) => (lose = resolve));
    using backend = await open();
    const context = new Context({ lost } as GPUDevice, backend.info, new Pipelines({} as GPUDevice));
    expect(await context.wait(Promise.resolve(5))).toBe(5);
    const pending = [prompt()(context.wait(new Promise(() => undefined))), prompt()(context.wait(new Promise(() => undefined)))];
    lose({ reason: "unknown", message: "pulled out", __brand: "GPUDeviceLostInfo" });
    for (const e of await Promise.all(pending)) expect(e.message).toMatch(/the device was lost: pulled out/);
    expect(await prompt()(context.wait(Promise.resolve(5)))).toBeInstanceOf(DeviceLostError);
  });

  it("still can be disposed of, as can what was compiled on it", async () => {
    const { backend, destroy } = await doomed();
    const run = await backend.compile(counting(), { sizes: { n: 7 } });
    destroy();
    await prompt()(run({ x: x() }));
    run.dispose();
    backend.dispose();
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });
});
