/**
 * The main job, the same in Node and in a browser's worker: train a net in float, quantize it after training (PTQ) and in
 * training (QAT), convert both, prove that GPU and CPU compute the same bits, measure.
 */
import { cpu, f32, nn, quant, verify, type Backend, type Graph } from "dot4";
import * as train from "dot4/train";
import { nets, type NetName } from "../nets/index.ts";

export interface JobOptions {
  readonly net: NetName;
  readonly epochs: number;
  readonly qatEpochs: number;
  readonly batch: number;
  readonly weightBits: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

export interface NetResult {
  /** Share of the test images that are classified right. */
  readonly accuracy: number;
  /** Of the saved weights. */
  readonly bytes: number;
  readonly msPerBatch: number;
  readonly imagesPerSecond: number;
}

export interface JobResult {
  readonly net: string;
  /** Of one image, in the float net. */
  readonly multiplyAdds: number;
  /** Nodes of the int8 graphs that compute in float, between input quantize and output dequantize: 0 is wanted. */
  readonly floatIslands: number;
  readonly adapter: string;
  readonly backend: string;
  readonly float: NetResult;
  readonly ptq: NetResult;
  readonly qat: NetResult;
  /** GPU against CPU, every node of the int8 graph on a full test batch. */
  readonly verify: { readonly nodes: number; readonly elements: number; readonly differing: number };
  /** Share of the test images to which the QAT graph and the int8 graph give the same answer. */
  readonly agreement: number;
  /** Largest difference of any layer fed with the QAT graph's own input, in steps of its output's scale. */
  readonly largestStep: number;
  /** SHA-256 of the trained float weights of the QAT graph: the same seed on the same adapter gives the same. */
  readonly weights: string;
  readonly seconds: number;
}

export type JobEvent =
  | { readonly kind: "progress"; readonly stage: string; readonly done: number; readonly total: number; readonly detail: string }
  | { readonly kind: "loss"; readonly stage: string; readonly step: number; readonly loss: number };

export async function job(
  data: { readonly train: train.Dataset; readonly test: train.Dataset },
  options: JobOptions,
  backend: Backend,
  report: (event: JobEvent) => void,
): Promise<JobResult> {
  const started = performance.now();
  const { epochs, qatEpochs, batch, seed, weightBits } = options;
  const batches = train.batches(data.train, { batchSize: Math.min(batch, data.train.count), seed });
  const [, h, w, c] = data.train.images.shape;
  const config = quant.int8({ weightBits });

  const { model, lr, freeze } = nets[options.net];
  const net = model(seed).trace({ x: f32(["n", h!, w!, c!]) });
  const float = await fit("float", net, epochs, lr.float, Infinity);

  report({ kind: "progress", stage: "PTQ", done: 0, total: 1, detail: "calibrate" });
  const calibration = train.slice(data.train, 0, 512);
  const observed = await quant.calibrate(
    quant.prepare(float, config),
    train.batches(calibration, { batchSize: Math.min(batch, calibration.count), shuffle: false }),
    backend,
  );
  const ptq = quant.convert(observed);
  report({ kind: "progress", stage: "PTQ", done: 1, total: 1, detail: "converted" });

  // Of a single epoch nothing is frozen: ranges and statistics have to follow first.
  const trained = await fit("QAT", quant.prepareQat(float, config), qatEpochs, lr.qat, freeze && qatEpochs > 1 ? qatEpochs - 1 : Infinity);
  const int8 = quant.convert(trained);

  report({ kind: "progress", stage: "verify", done: 0, total: 1, detail: `every value, ${backend.kind} against cpu` });
  const test = train.batches(data.test, { batchSize: Math.min(batch, data.test.count), shuffle: false });
  const x = [...test][0]!.x!;
  const verified = await verify(int8, { x }, { actual: backend, expected: cpu() });
  const differing = verified.differing.integers + verified.differing.floats;
  if (!verified.deployedEqual) throw new Error(`The deployed program differs from the verified one:\n${verified}`);
  report({ kind: "progress", stage: "verify", done: 1, total: 1, detail: `${differing} of ${verified.elements} values differ` });

  report({ kind: "progress", stage: "deployment", done: 0, total: 1, detail: "the QAT graph against the int8 graph" });
  const deployment = await quant.report(trained, int8, test, backend);
  report({
    kind: "progress",
    stage: "deployment",
    done: 1,
    total: 1,
    detail: `same answer for ${(deployment.agreement * 100).toFixed(2)} %`,
  });

  const result = {
    net: options.net,
    multiplyAdds: nn.summary(net).multiplyAdds,
    floatIslands: quant.floatNodes(ptq).length + quant.floatNodes(int8).length,
    adapter: backend.kind === "cpu" ? "none: the CPU reference ran everything" : backend.name,
    backend: backend.kind,
    float: await measure("float", float),
    ptq: await measure("PTQ int8", ptq),
    qat: await measure("QAT int8", int8),
    verify: { nodes: verified.nodes.length, elements: verified.elements, differing },
    agreement: deployment.agreement,
    largestStep: deployment.largestStep,
    weights: await sha256(trained),
  };
  return { ...result, seconds: (performance.now() - started) / 1000 };

  async function fit(stage: string, graph: Graph, count: number, lr: number, freezeFrom: number): Promise<Graph> {
    using trainer = await train.trainer(graph, {
      loss: train.crossEntropy(),
      optimizer: train.adam({ lr: train.cosine({ lr, steps: count * batches.length }) }),
      backend,
      readEvery: Math.max(1, Math.ceil(batches.length / 16)),
    });
    let previous = 0;
    await trainer.fit({
      epochs: count,
      batches,
      evaluate: data.test,
      ...(freezeFrom < count && { freezeObserversFrom: freezeFrom, freezeBatchNormFrom: freezeFrom }),
      ...(options.signal && { signal: options.signal }),
      onProgress: ({ epoch, done, loss, accuracy }) => {
        const step = Math.max(done, previous + 1);
        previous = step;
        report({ kind: "loss", stage, step, loss });
        const detail = `loss ${loss.toFixed(3)}, ${(accuracy * 100).toFixed(1)} % of the batches right`;
        report({
          kind: "progress",
          stage: `${stage} ${epoch + 1}/${count}`,
          done: done - epoch * batches.length,
          total: batches.length + 1,
          detail,
        });
      },
      onEpoch: ({ epoch, testAccuracy }) =>
        report({
          kind: "progress",
          stage: `${stage} ${epoch + 1}/${count}`,
          done: 1,
          total: 1,
          detail: `test accuracy ${(testAccuracy! * 100).toFixed(2)} %`,
        }),
    });
    return trainer.graph();
  }

  /** Accuracy on all test images; speed as the median of runs of one batch, with nothing to compile. */
  async function measure(stage: string, graph: Graph): Promise<NetResult> {
    report({ kind: "progress", stage, done: 0, total: 1, detail: "accuracy and speed" });
    const { accuracy } = await train.evaluate(graph, data.test, backend, { batchSize: x.shape[0]! });
    using run = await backend.compile(graph, { sizes: { n: x.shape[0]! } });
    const times: number[] = [];
    for (let i = 0; i < 6; i++) {
      const start = performance.now();
      await run({ x });
      if (i > 0) times.push(performance.now() - start);
    }
    const msPerBatch = times.sort((a, b) => a - b)[2]!;
    report({
      kind: "progress",
      stage,
      done: 1,
      total: 1,
      detail: `accuracy ${(accuracy * 100).toFixed(2)} %, ${msPerBatch.toFixed(1)} ms a batch`,
    });
    return { accuracy, bytes: quant.weightBytes(graph), msPerBatch, imagesPerSecond: (x.shape[0]! * 1000) / msPerBatch };
  }
}

/** SHA-256 of all parameters, in order of their names. */
async function sha256(graph: Graph): Promise<string> {
  const parameters = [...graph.states].filter(([, s]) => s.role === "parameter").sort(([a], [b]) => (a < b ? -1 : 1));
  const blob = new Blob(parameters.map(([, s]) => s.tensor.data as BlobPart));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return Array.from(digest, (b) => b.toString(16).padStart(2, "0")).join("");
}
