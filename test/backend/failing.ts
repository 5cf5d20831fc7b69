/** Devices that go wrong when a test wants it, and a small graph with a state to run on them. */
import { webgpu, type DeviceOptions, type WebGpuBackend } from "../../src/backend/webgpu/index.ts";
import type { Dot4Error } from "../../src/errors.ts";
import { GraphBuilder, type Graph } from "../../src/graph/index.ts";
import { i32, tensor, type Tensor } from "../../src/tensor/index.ts";
import { testGpu } from "../support/device.ts";
import { wrapGpu, type Tampering } from "../support/fake-gpu.ts";
import { affine, blur } from "./ops.ts";

const quiet = { onWarning: () => undefined };
export const open = async (tampering: Tampering = {}, options: DeviceOptions = {}): Promise<WebGpuBackend> =>
  webgpu({ gpu: wrapGpu(await testGpu(), tampering), ...quiet, ...options });

/** A backend and the key to the destruction of its device. */
export async function doomed(): Promise<{ backend: WebGpuBackend; destroy: () => void }> {
  let device: GPUDevice | undefined;
  const backend = await open({ onDevice: (d) => (device = d) });
  return { backend, destroy: () => device!.destroy() };
}

export const x = (n = 7): Tensor =>
  tensor(
    "i32",
    [n],
    Int32Array.from({ length: n }, (_, i) => i),
  );
export function counting(): Graph {
  const b = new GraphBuilder();
  const s = b.state("s", "buffer", x());
  b.output("y", b.emit(blur, { x: b.input("x", i32(["n"])) })["y"]!);
  b.update(s, b.emit(affine, { x: s })["y"]!);
  return b.build();
}

/**
 * Rejects 2 s after `event`, such as the loss of a device: what is still pending then hangs. The 2 s are of turns that this
 * process got: before the last one all that could settle has settled, so that a machine with other work does not count.
 */
export async function late(event: Promise<unknown> = Promise.resolve()): Promise<never> {
  await event;
  for (let i = 0; i < 40; i++) await new Promise((resolve) => setTimeout(resolve, 50));
  throw new Error("did not settle within 2 s");
}

/** The error of a promise that must fail, however long that takes. */
export const failure = (promise: Promise<unknown>): Promise<Dot4Error> =>
  promise.then(
    () => Promise.reject(new Error("did not fail")),
    (e: Dot4Error) => e,
  );

/** The error of a promise that must fail within 2 s of `event`: of now, where nothing has to be computed before. */
export const prompt =
  (event?: Promise<unknown>) =>
  (promise: Promise<unknown>): Promise<Dot4Error> =>
    Promise.race([failure(promise), late(event)]);

/** Something that happens, and what tells of it. */
export function happening(): { readonly event: Promise<void>; readonly happen: () => void } {
  let happen!: () => void;
  const event = new Promise<void>((resolve) => (happen = resolve));
  return { event, happen };
}

/** Has `map` answer instead of the mapAsync of every buffer of the device. */
export function mapping(device: GPUDevice, map: (real: () => Promise<undefined>) => Promise<undefined>): void {
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const real = buffer.mapAsync.bind(buffer);
    buffer.mapAsync = (...args) => map(() => real(...args));
    return buffer;
  };
}
