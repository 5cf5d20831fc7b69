/** One GPUDevice and what all graphs compiled for it share: pipelines, memory counters, and what became of it. */
import { DeviceError, DeviceLostError, Dot4Error, OutOfMemoryError, UsageError } from "../../errors.ts";
import type { DeviceInfo } from "../../ops/op.ts";
import type { Pipelines } from "./pipelines.ts";
import { SUBMIT_MS } from "./work.ts";

/** How long a failed call waits for the word that the device is lost, which may come a little after the failure. */
export const LOSS_DELAY_MS = 200;

/** STORAGE | UNIFORM | COPY_SRC | COPY_DST: any value may be bound either way, uploaded and read back. */
export const DATA = 0x80 | 0x40 | 0x4 | 0x8;
/** UNIFORM | COPY_DST */
export const PARAMS = 0x40 | 0x8;
/** MAP_READ | COPY_DST */
export const STAGING = 0x1 | 0x8;
export const MAP_READ = 0x1;

export interface MemoryUse {
  readonly buffers: number;
  readonly bytes: number;
}

export const deviceLost = ({ reason, message }: GPUDeviceLostInfo): DeviceLostError =>
  new DeviceLostError({
    code: "device-lost",
    where: "webgpu",
    problem: `the device was lost: ${message || reason}`,
    remedy: "Make a new backend, compile again and go on from saved states",
  });

/** A read-back, say, that the browser rejects though the device lives. */
const typed = (e: Error): Dot4Error =>
  e instanceof Dot4Error
    ? e
    : new DeviceError({ code: "gpu-error", where: "webgpu", problem: `the device failed: ${e.message}`, cause: e });

export class Context {
  readonly device: GPUDevice;
  readonly info: DeviceInfo;
  readonly pipelines: Pipelines;
  readonly submitMs: number;
  /** Runs submitted, and the last one known to be done: equal when the device is idle. */
  readonly work = { queued: 0, done: 0 };
  #live = new Set<GPUBuffer>();
  #bytes = 0;
  #failure: Dot4Error | undefined;
  #fault: Dot4Error | undefined;
  /** What to call when the device fails, one for each promise that waits for it. */
  readonly #waiting = new Set<(e: Dot4Error) => void>();

  /** @param submitMs longest submit */
  constructor(device: GPUDevice, info: DeviceInfo, pipelines: Pipelines, submitMs = SUBMIT_MS) {
    this.submitMs = submitMs;
    this.device = device;
    this.info = info;
    this.pipelines = pipelines;
    void device.lost.then((info) => this.#fail(deviceLost(info)));
    device.onuncapturederror = ({ error }) => {
      this.#fault ??=
        "GPUOutOfMemoryError" in globalThis && error instanceof GPUOutOfMemoryError
          ? this.#outOfMemory("webgpu", 0, error)
          : new DeviceError({ code: "gpu-error", where: "webgpu", problem: `the device reports: ${error.message}`, cause: error });
    };
  }

  get memory(): MemoryUse {
    return { buffers: this.#live.size, bytes: this.#bytes };
  }

  /** @throws what happened to the device, if anything did. */
  check(): void {
    if (this.#failure) throw this.#failure;
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault) throw fault;
  }

  dispose(): void {
    if (this.#failure) return;
    this.#fail(new UsageError({ code: "disposed", where: "backend", problem: "was used after dispose()" }));
    for (const b of [...this.#live]) this.destroy(b);
    this.device.destroy();
  }

  #fail(error: Dot4Error): void {
    this.#failure ??= error;
    for (const reject of [...this.#waiting]) reject(this.#failure);
    this.#waiting.clear();
  }

  /**
   * The result of a promise of the device, or what became of the device. After a loss some promises never settle and
   * others succeed with nothing done, so a result counts only while the device lives.
   */
  wait<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      promise.catch(() => undefined);
      this.check();
      let timer: ReturnType<typeof setTimeout> | undefined;
      // Not Promise.race with one promise for the device's life: it would hold every waiter until the device ends.
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(fail);
        act();
      };
      const fail = (e: Dot4Error): void => settle(() => reject(e));
      this.#waiting.add(fail);
      promise.then(
        (result) => settle(() => resolve(result)),
        (e: Error) => (timer = setTimeout(() => settle(() => reject(typed(e))), LOSS_DELAY_MS)),
      );
    }).then((result) => {
      this.check();
      return result;
    });
  }

  /**
   * Runs `create`, which makes buffers, bind groups and so on, and waits for the device's word on it.
   * @throws OutOfMemoryError | DeviceError; buffers made by then are destroyed.
   */
  async creating<T>(where: string, wanted: number, create: (make: (size: number, usage: number) => GPUBuffer) => T): Promise<T> {
    this.check();
    const made: GPUBuffer[] = [];
    const { device } = this;
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    let result: T | undefined;
    let thrown: unknown;
    try {
      result = create((size, usage) => {
        const buffer = this.#create(where, size, usage);
        made.push(buffer);
        return buffer;
      });
    } catch (e) {
      thrown = e;
    }
    const scopes = [device.popErrorScope(), device.popErrorScope()];
    try {
      const [validation, memory] = await this.wait(Promise.all(scopes));
      if (memory) throw this.#outOfMemory(where, wanted, memory);
      if (thrown) throw thrown;
      if (validation)
        throw new DeviceError({ code: "gpu-error", where, problem: `the device refused: ${validation.message}`, cause: validation });
      return result as T;
    } catch (e) {
      made.forEach((b) => this.destroy(b));
      throw e;
    }
  }

  #create(where: string, size: number, usage: number): GPUBuffer {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.limits;
    const most = usage === DATA ? Math.min(maxBufferSize, maxStorageBufferBindingSize) : maxBufferSize;
    if (size > most)
      throw new OutOfMemoryError({
        code: "buffer-too-large",
        where,
        problem: "a buffer is larger than the device allows",
        expected: `at most ${most} bytes`,
        got: `${size} bytes`,
        remedy: "Use a smaller batch",
      });
    const buffer = this.device.createBuffer({ size, usage });
    this.#live.add(buffer);
    this.#bytes += size;
    return buffer;
  }

  /** Harmless for a buffer that is gone already. */
  destroy(buffer: GPUBuffer): void {
    if (!this.#live.delete(buffer)) return;
    this.#bytes -= buffer.size;
    buffer.destroy();
  }

  #outOfMemory(where: string, wanted: number, cause: GPUError): OutOfMemoryError {
    const { bytes, buffers } = this.memory;
    return new OutOfMemoryError({
      code: "out-of-memory",
      where,
      problem: `the device had no memory: ${cause.message}`,
      expected: `${wanted} bytes wanted`,
      got: `${bytes} bytes held in ${buffers} buffers`,
      remedy: "Use a smaller batch, or dispose of compiled graphs that are not needed",
      cause,
    });
  }
}
