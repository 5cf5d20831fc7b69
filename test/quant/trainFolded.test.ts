/**
 * One training step of a convolution and the batch norm behind it, against the same step written down from its definition:
 *
 *     factor = gamma / sqrt(runningVar + eps), 1 where that is below 2^-20; weights w = fq(weight * factor)
 *     y = fq(batchNorm(conv(fq(x), w) / factor + bias)), statistics of the batch, the running ones follow
 *
 * Plain loops in f64 that share nothing with the library. Gradients are central differences of that with each rounding held
 * as the constant that it added: what a straight-through estimator means.
 */
import { expect, it } from "vitest";
import { cpu } from "../../src/backend/cpu/index.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { finish, startFrom, withStates, type Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import { mul } from "../../src/ops/mul.ts";
import { gradient } from "../../src/passes/index.ts";
import * as quant from "../../src/quant/index.ts";
import { f32, tensor, type Tensor } from "../../src/tensor/index.ts";
import { testGpu } from "../support/device.ts";
import { uniform } from "../support/float.ts";

const [N, H, W, IC, OC, K] = [3, 4, 5, 2, 5, 2];
const [OH, OW] = [H - K + 1, W - K + 1];
const [EPS, MOMENTUM, BITS] = [1e-3, 0.25, 3];

/** One channel's factor is too small to divide by, one is negative. */
const gammas = [1.3, -0.7, 1e-9, 0.4, 2.2];
const start: Readonly<Record<string, readonly number[]>> = {
  "conv.weight": [...uniform([OC, K, K, IC], 11).data],
  "conv.bias": [0.4, -0.2, 0.1, 0, 1.5],
  "bn.weight": gammas.map(Math.fround),
  "bn.bias": [0.2, 0.1, -0.3, 0, 0.6],
  "bn.runningMean": [0.1, -0.4, 0.2, 0.3, 0],
  "bn.runningVar": [0.6, 2.5, 1.1, 0.3, 4],
};
const x = uniform([N, H, W, IC], 12);
const weights = uniform([N, OH, OW, OC], 13);

const even = (v: number): number => {
  const floor = Math.floor(v);
  return v - floor === 0.5 ? floor + (floor % 2 === 0 ? 0 : 1) : Math.round(v);
};
const clamp = (v: number, low: number, high: number): number => Math.min(Math.max(v, low), high);
const fake = (v: number, s: number, z: number, low: number, high: number): number => (clamp(z + even(v / s), low, high) - z) * s;

/** Fake quantization by the range of these values, -128 to 127 with a zero point of its own. */
function activations(values: readonly number[]): { y: number[]; scale: number } {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const scale = (high - low) / 255;
  const zero = clamp(-128 - even(low / scale), -128, 127);
  return { y: values.map((v) => fake(v, scale, zero, -128, 127)), scale };
}

/** Of BITS bits, symmetric, a scale for each output channel. */
function weightsOf(values: readonly number[]): number[] {
  const most = 2 ** (BITS - 1) - 1;
  const row = values.length / OC;
  return values.map((v, i) => {
    const o = Math.floor(i / row);
    const scale = Math.max(...values.slice(o * row, (o + 1) * row).map(Math.abs)) / most;
    return fake(v, scale, 0, -most, most);
  });
}

type Parameters = Readonly<Record<string, readonly number[]>>;
const factors = (p: Parameters): number[] =>
  p["bn.weight"]!.map((g, c) => g / Math.sqrt(start["bn.runningVar"]![c]! + EPS)).map((f) => (Math.abs(f) < 2 ** -20 ? 1 : f));
const row = K * K * IC;
const scaled = (p: Parameters): number[] => p["conv.weight"]!.map((w, i) => w * factors(p)[Math.floor(i / row)]!);

/** From quantized x and weights on, up to y before its quantization; with the statistics of the batch. */
function forward(p: Parameters, xq: readonly number[], wq: readonly number[]): { y: number[]; mean: number[]; variance: number[] } {
  const factor = factors(p);
  const z: number[] = [];
  for (let n = 0; n < N; n++)
    for (let oy = 0; oy < OH; oy++)
      for (let ox = 0; ox < OW; ox++)
        for (let o = 0; o < OC; o++) {
          let sum = 0;
          for (let ky = 0; ky < K; ky++)
            for (let kx = 0; kx < K; kx++)
              for (let i = 0; i < IC; i++) sum += xq[((n * H + oy + ky) * W + ox + kx) * IC + i]! * wq[o * row + (ky * K + kx) * IC + i]!;
          z.push(sum / factor[o]! + p["conv.bias"]![o]!);
        }
  const pixels = N * OH * OW;
  const of = (c: number): number[] => z.filter((_, i) => i % OC === c);
  const mean = factor.map((_, c) => of(c).reduce((a, b) => a + b, 0) / pixels);
  const variance = factor.map((_, c) => of(c).reduce((a, b) => a + (b - mean[c]!) ** 2, 0) / pixels);
  const y = z.map((v, i) => {
    const c = i % OC;
    return ((v - mean[c]!) / Math.sqrt(variance[c]! + EPS)) * p["bn.weight"]![c]! + p["bn.bias"]![c]!;
  });
  return { y, mean, variance };
}

/** The net ready for training, with these contents, and sum(y * weights) as its loss. */
function prepared(): Graph {
  const net = nn.sequential({
    conv: nn.conv2d(IC, OC, { kernel: K }),
    bn: nn.batchNorm2d(OC, { eps: EPS, momentum: MOMENTUM }),
  });
  const float = net.trace({ x: f32([N, H, W, IC]) });
  const contents = Object.entries(start).map(([name, data]): [string, Tensor] => [
    name,
    tensor("f32", float.states.get(name)!.tensor.shape, Float32Array.from(data)),
  ]);
  const graph = quant.prepareQat(withStates(float, new Map(contents)), quant.int8({ weightBits: BITS }));
  const b = startFrom(graph);
  for (const node of graph.nodes) b.add(node);
  const constant = b.constant(weights, "weights");
  b.output("loss", b.emit(mul, { a: graph.outputs.get("logits")!, b: constant }, {}, "loss").y!);
  return gradient(finish(b, graph), "loss");
}

const near = (what: string, actual: ArrayLike<number>, expected: readonly number[], error: number): void => {
  expect(actual.length, what).toBe(expected.length);
  const largest = Math.max(1, ...expected.map(Math.abs));
  expected.forEach((v, i) => expect(Math.abs(actual[i]! - v), `${what}[${i}]: ${actual[i]} for ${v}`).toBeLessThan(error * largest));
};

it.each(["cpu", "webgpu"])("a step computes what it is defined as: outputs, running statistics, gradients, %s", async (kind) => {
  using backend = kind === "cpu" ? cpu() : await webgpu({ gpu: await testGpu() });
  using run = await backend.compile(prepared());
  const got = await run({ x });
  const states = await run.readStates();

  const xq = activations([...x.data]).y;
  const wq = weightsOf(scaled(start));
  // The roundings are no small thing here: weights of 3 bits.
  expect(Math.max(...wq.map((w, i) => Math.abs(w - scaled(start)[i]!)))).toBeGreaterThan(0.05);
  const { y, mean, variance } = forward(start, xq, wq);
  const yq = activations(y);
  near("y", got.logits!.data, yq.y, 1e-5);

  const pixels = N * OH * OW;
  const follow = (old: readonly number[], batch: readonly number[]): number[] => old.map((v, c) => v + MOMENTUM * (batch[c]! - v));
  near("running mean", states.get("bn.runningMean")!.data, follow(start["bn.runningMean"]!, mean), 1e-6);
  const unbiased = variance.map((v) => (v * pixels) / (pixels - 1));
  near("running variance", states.get("bn.runningVar")!.data, follow(start["bn.runningVar"]!, unbiased), 1e-6);
  near("the output's scale", states.get("conv.scale")!.data, [yq.scale], 1e-6);

  const added = wq.map((w, i) => w - scaled(start)[i]!);
  const loss = (p: Parameters): number => {
    const out = forward(
      p,
      xq,
      scaled(p).map((w, i) => w + added[i]!),
    );
    return out.y.reduce((sum, v, i) => sum + v * weights.data[i]!, 0);
  };
  for (const name of ["conv.weight", "conv.bias", "bn.weight", "bn.bias"]) {
    const step = 1e-5;
    const slopes = start[name]!.map((value, i) => {
      const at = (v: number): number => loss({ ...start, [name]: start[name]!.map((old, k) => (k === i ? v : old)) });
      return (at(value + step) - at(value - step)) / (2 * step);
    });
    // A step would take the factor that counts as 1 out of there: gamma is felt behind the normalization alone.
    if (name === "bn.weight") {
      const [gamma, beta] = [start["bn.weight"]![2]!, start["bn.bias"]![2]!];
      slopes[2] = y.reduce((sum, v, i) => sum + (i % OC === 2 ? ((v - beta) / gamma) * weights.data[i]! : 0), 0);
    }
    near(name, got[`${name}.gradient`]!.data, slopes, 1e-4);
  }
});
