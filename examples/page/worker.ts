/** The page's worker: the same job as `npm start`, on the browser's GPU. */
import { cpu, DeviceError, Dot4Error, webgpu, type Backend } from "dot4";
import * as train from "dot4/train";
import { job } from "../lib/job.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

const send = (message: FromWorker): void => postMessage(message);

async function open(): Promise<Backend> {
  try {
    return await webgpu({ onWarning: (text) => send({ kind: "adapter", text }) });
  } catch (e) {
    if (!(e instanceof DeviceError)) throw e;
    send({ kind: "adapter", text: `${e.message} The CPU reference runs everything: right to the bit, but slow.` });
    return cpu();
  }
}

async function run({ images, ...options }: ToWorker): Promise<void> {
  const { seed } = options;
  const data = { train: train.digits({ count: images, seed: 2 * seed }), test: train.digits({ count: images / 4, seed: 2 * seed + 1 }) };
  using backend = await open();
  if (backend.kind === "webgpu") send({ kind: "adapter", text: `Runs on ${backend.name}.` });
  send({ kind: "result", result: await job(data, { ...options, batch: 64 }, backend, send) });
}

onmessage = ({ data }: MessageEvent<ToWorker>) => {
  run(data).catch((e: unknown) => send({ kind: "error", text: e instanceof Dot4Error ? `${e.name}: ${e.message}` : String(e) }));
};
