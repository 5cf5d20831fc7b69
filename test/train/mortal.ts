/** Backends that are lost when a test wants it. */
import type { Backend, Compiled, Inputs } from "../../src/backend/backend.ts";
import { cpu } from "../../src/backend/cpu/index.ts";
import { webgpu, type WebGpuBackend } from "../../src/backend/webgpu/index.ts";
import { DeviceLostError } from "../../src/errors.ts";
import { testGpu } from "../support/device.ts";
import { happening } from "../backend/failing.ts";
import { wrapGpu } from "../support/fake-gpu.ts";

const lost = (): DeviceLostError => new DeviceLostError({ code: "device-lost", where: "test", problem: "planted", remedy: "none" });

/** The CPU reference, lost for good at the call for which `dies` says so: compile, run, step, read, write. */
export function mortal(dies: (call: string) => boolean): Backend & { readonly live: () => number } {
  const real = cpu();
  let dead = false;
  let live = 0;
  const guarded = async <T>(call: string, task: () => Promise<T>): Promise<T> => {
    dead ||= dies(call);
    if (dead) throw lost();
    const result = await task();
    // What a device does after its end never counts.
    if (dead) throw lost();
    return result;
  };
  return {
    ...real,
    live: () => live,
    compile: (graph, options) =>
      guarded("compile", async () => {
        const run = await real.compile(graph, options);
        live++;
        let disposed = false;
        const dispose = (): void => {
          if (!disposed) live--;
          disposed = true;
          run.dispose();
        };
        const compiled: Compiled = Object.assign((inputs: Inputs) => guarded("run", () => run(inputs)), {
          graph: run.graph,
          step: (inputs: Inputs) => guarded("step", () => run.step(inputs)),
          readStates: (names?: readonly string[]) => guarded("read", () => run.readStates(names)),
          writeStates: (states: Parameters<Compiled["writeStates"]>[0]) => guarded("write", () => run.writeStates(states)),
          values: () => run.values(),
          stats: () => run.stats(),
          dispose,
          [Symbol.dispose]: dispose,
        });
        return compiled;
      }),
  };
}

/** Calls of a device in a step: what uploads, what dispatches, what reads back. */
export type DeviceCall = "writeBuffer" | "submit" | "mapAsync";

/** A GPU whose devices are destroyed right before calls of the kinds that `arm` names, one for each time it is armed. */
export class Saboteur {
  readonly #armed: { readonly call: DeviceCall; left: number }[] = [];
  /** A destroyed device still is called for a while; it cannot be lost twice. */
  readonly #dead = new Set<GPUDevice>();
  strikes = 0;
  readonly #strike = happening();
  #device: GPUDevice | undefined;

  /** @param after so many calls of the kind pass unharmed */
  arm(call: DeviceCall, after = 0): void {
    this.#armed.push({ call, left: after });
  }

  #hit(call: DeviceCall, device: GPUDevice): void {
    const at = this.#armed.findIndex((a) => a.call === call);
    if (at < 0 || this.#dead.has(device) || this.#armed[at]!.left-- > 0) return;
    this.#armed.splice(at, 1);
    this.#destroy(device);
  }

  /** Settles with the first strike. */
  get struck(): Promise<void> {
    return this.#strike.event;
  }

  /** Destroys the device that was opened last, whatever it is at. */
  strike(): void {
    if (this.#device && !this.#dead.has(this.#device)) this.#destroy(this.#device);
  }

  #destroy(device: GPUDevice): void {
    this.#dead.add(device);
    this.strikes++;
    device.destroy();
    this.#strike.happen();
  }

  async open(): Promise<WebGpuBackend> {
    const onDevice = (device: GPUDevice): void => {
      this.#device = device;
      const { queue } = device;
      const [write, submit, create] = [queue.writeBuffer.bind(queue), queue.submit.bind(queue), device.createBuffer.bind(device)];
      queue.writeBuffer = (...args: Parameters<typeof write>) => (this.#hit("writeBuffer", device), write(...args));
      queue.submit = (buffers) => (this.#hit("submit", device), submit(buffers));
      device.createBuffer = (descriptor) => {
        const buffer = create(descriptor);
        const map = buffer.mapAsync.bind(buffer);
        buffer.mapAsync = (...args) => (this.#hit("mapAsync", device), map(...args));
        return buffer;
      };
    };
    return webgpu({ gpu: wrapGpu(await testGpu(), { onDevice }), onWarning: () => undefined });
  }
}
