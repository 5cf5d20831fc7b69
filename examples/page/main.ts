/** The page's window: form, progress, curve and table. Everything heavy happens in worker.ts. */
import type { JobResult } from "../lib/job.ts";
import type { NetName } from "../nets/index.ts";
import { proof } from "../lib/table.ts";
import { drawCurve, type Point } from "./curve.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const form = element<HTMLFormElement>("options");
const canvas = element<HTMLCanvasElement>("curve");
let worker: Worker | undefined;
let points: Point[] = [];

function finish(): void {
  worker?.terminate();
  worker = undefined;
  element<HTMLButtonElement>("start").disabled = false;
  element("stop").hidden = true;
}

function showError(text: string): void {
  element("error").textContent = text;
  element("error").hidden = false;
  element("stage").textContent = "Stopped by an error.";
  finish();
}

function showResult(result: JobResult): void {
  const cells = (["float", "ptq", "qat"] as const).map((key) => {
    const r = result[key];
    return [
      { float: "float", ptq: "PTQ int8", qat: "QAT int8" }[key],
      `${(r.accuracy * 100).toFixed(1)} %`,
      `${(r.bytes / 1024).toFixed(1)} KiB`,
      r.msPerBatch.toFixed(1),
      r.imagesPerSecond.toFixed(0),
    ];
  });
  element("rows").replaceChildren(
    ...cells.map((row) => {
      const tr = document.createElement("tr");
      row.forEach((text) => tr.insertCell().append(text));
      return tr;
    }),
  );
  const verdict = element("proof");
  verdict.textContent = `Bit-exact: ${proof(result)}. QAT graph and int8 graph agree on ${(result.agreement * 100).toFixed(1)} % of the test images.`;
  verdict.className = result.verify.differing === 0 ? "good" : "bad";
  element("result").hidden = false;
  element("stage").textContent = `Done in ${result.seconds.toFixed(1)} s.`;
  element("detail").textContent = "";
}

function receive(message: FromWorker): void {
  if (message.kind === "adapter") element("adapter").textContent = message.text;
  else if (message.kind === "progress") {
    element("stage").textContent = message.stage;
    element("detail").textContent = message.detail;
    element<HTMLProgressElement>("bar").value = message.done / message.total;
  } else if (message.kind === "loss") {
    points.push({ stage: message.stage, step: points.length, loss: message.loss });
    requestAnimationFrame(() => drawCurve(canvas, points));
  } else if (message.kind === "result") {
    showResult(message.result);
    finish();
  } else showError(message.text);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (worker) return;
  const number = (name: string): number => Number(new FormData(form).get(name));
  points = [];
  element("result").hidden = element("error").hidden = true;
  element<HTMLButtonElement>("start").disabled = true;
  element("stop").hidden = false;
  worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = (e: MessageEvent<FromWorker>) => receive(e.data);
  worker.onerror = (e) => showError(e.message);
  const options: ToWorker = {
    net: String(new FormData(form).get("net")) as NetName,
    images: number("images"),
    epochs: number("epochs"),
    qatEpochs: number("qatEpochs"),
    weightBits: number("weightBits"),
    seed: number("seed"),
  };
  worker.postMessage(options);
});

element("stop").addEventListener("click", () => {
  element("stage").textContent = "Stopped.";
  finish();
});
