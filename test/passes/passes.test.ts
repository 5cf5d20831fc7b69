import { describe, expect, it } from "vitest";
import { cpu, evaluate } from "../../src/backend/cpu/index.ts";
import { bind, GraphBuilder, withStates, type Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { adam } from "../../src/ops/adam.ts";
import { add } from "../../src/ops/add.ts";
import { checkFinite } from "../../src/ops/checkFinite.ts";
import { increment } from "../../src/ops/increment.ts";
import { ops } from "../../src/ops/index.ts";
import { relu } from "../../src/ops/relu.ts";
import { sgd } from "../../src/ops/sgd.ts";
import { softmaxCrossEntropy } from "../../src/ops/softmaxCrossEntropy.ts";
import {
  countSteps,
  evaluation,
  firstBad,
  foldConstants,
  fuseActivation,
  gradient,
  gradientName,
  optimize,
  statesToConstants,
  watched,
  watchFinite,
} from "../../src/passes/index.ts";
import { finish, startFrom } from "../../src/graph/index.ts";
import { f32, i32, scalar, tensor, type Tensor } from "../../src/tensor/index.ts";
import { uniform } from "../support/float.ts";
import { opsOf, residual } from "../support/nets.ts";

/** A net with a residual add whose operand is used twice, and a loss on top. */
function withLoss(): Graph {
  const block = nn.sequential({ conv: nn.conv2d(2, 2, { kernel: 3, padding: 1 }), act: nn.relu() });
  const net = nn.sequential({
    stem: nn.conv2d(1, 2, { kernel: 3, padding: 1 }),
    res: residual(block),
    pool: nn.maxPool2d(2),
    flatten: nn.flatten(),
    fc: nn.linear(2 * 2 * 3, 3),
  });
  const graph = net.trace({ x: f32(["n", 5, 7, 1]) }, { seed: 3 });
  const b = startFrom(graph);
  b.input("labels", i32(["n"]));
  for (const node of graph.nodes) b.add(node);
  b.output("loss", b.emit(softmaxCrossEntropy, { logits: graph.outputs.get("logits"), labels: "labels" }, {}, "loss").loss!);
  return finish(b, graph);
}
const batch = { x: uniform([3, 5, 7, 1], 9), labels: tensor("i32", [3], [2, 0, 1]) };

describe("fuseActivation", () => {
  const net = (last: nn.Module) => nn.sequential({ conv: nn.conv2d(1, 3, { kernel: 3 }), act: nn.relu(), last });

  it("merges conv and relu, keeps values and the given graph", async () => {
    const graph = net(nn.flatten()).trace({ x: f32(["n", 4, 5, 1]) });
    const before = String(graph);
    const fused = fuseActivation(graph);
    expect(opsOf(fused)).toEqual(["conv2d", "flatten"]);
    expect(fused.nodes[0]!.attrs.activation).toBe("relu");
    const x = uniform([2, 4, 5, 1], 1);
    const run = async (g: Graph) => (await (await cpu().compile(g))({ x })).logits;
    expect(await run(fused)).toEqual(await run(graph));
    expect(String(graph)).toBe(before);
  });

  it("leaves the relu alone when somebody else reads the convolution, or it is an output", () => {
    const b = new GraphBuilder();
    b.input("x", f32([2]));
    const sum = b.emit(add, { a: "x", b: "x" }).y!;
    b.output("both", b.emit(add, { a: b.emit(relu, { x: sum }).y, b: sum }, {}, "both").y!);
    expect(opsOf(fuseActivation(b.build()))).toEqual(["add", "relu", "add"]);
    const c = new GraphBuilder();
    c.input("x", f32([2]));
    c.output("before", c.emit(add, { a: "x", b: "x" }).y!);
    c.output("after", c.emit(relu, { x: "add" }).y!);
    expect(opsOf(fuseActivation(c.build()))).toEqual(["add", "relu"]);
  });

  it("absorbs one activation, not two", () => {
    const graph = net(nn.relu()).trace({ x: f32(["n", 4, 5, 1]) });
    expect(opsOf(fuseActivation(graph))).toEqual(["conv2d", "relu"]);
  });
});

describe("gradient", () => {
  it("agrees with central differences, through branches that meet again", async () => {
    const graph = gradient(withLoss(), "loss");
    const bound = bind(graph, { n: 3 });
    const states = (changed?: readonly [string, number, number]) => {
      const all = new Map([...graph.states].map(([name, s]) => [name, s.tensor] as const));
      if (changed) {
        const [name, i, value] = changed;
        const t = all.get(name)!;
        const data = (t.data as Float32Array).slice();
        data[i] = value;
        all.set(name, tensor("f32", t.shape, data));
      }
      return new Map<string, Tensor>([...all, ...Object.entries(batch)]);
    };
    const values = evaluate(bound, states());
    const loss = (changed: readonly [string, number, number]): number =>
      evaluate(bound, states(changed)).get(bound.outputs.get("loss")!)!.data[0]!;
    const r = new Random(4);
    for (const [name, { tensor: t }] of graph.states) {
      const g = values.get(graph.outputs.get(gradientName(name))!)!;
      for (let k = 0; k < 6; k++) {
        const i = r.int(0, t.data.length - 1);
        const w = t.data[i]!;
        const h = 2 ** -7;
        const numeric = (loss([name, i, w + h]) - loss([name, i, w - h])) / (2 * h);
        // f32 losses around 1 carry 6e-8 of rounding each, over 2h = 1.6e-2: 1e-5; curvature adds about as much.
        expect(Math.abs(numeric - g.data[i]!), `${name}[${i}]: ${numeric} and ${g.data[i]}`).toBeLessThan(2e-3);
      }
    }
  });

  it("names nodes after the layer they belong to, and computes no gradient of the input", () => {
    const graph = gradient(withLoss(), "loss");
    const names = graph.nodes.map((n) => n.name);
    expect(names).toContain("fc.linearBackwardWeight");
    expect(names).not.toContain("stem.conv2dBackwardInput");
    expect(names).toContain("res.block.conv.x.sum");
  });

  it("keeps what gradients read where one flows back, under a name that is free", async () => {
    const { maxPool2d, maxPool2dBackward, mul } = ops;
    const build = (): Graph => {
      const b = new GraphBuilder();
      b.state("p", "parameter", uniform([1, 5, 7, 3], 5));
      b.state("x", "buffer", uniform([1, 5, 7, 3], 6));
      b.state("pool.winners", "buffer", scalar("f32", 2));
      const pool = (x: string, kernel: number, name: string): string =>
        b.emit(maxPool2d, { x }, { kernel: [kernel, kernel], stride: [2, 2] }, name).y!;
      const sum = b.emit(add, { a: pool("p", 3, "pool"), b: pool("x", 3, "fixed") }).y;
      b.output("loss", b.emit(mul, { a: sum, b: "pool.winners" }).y!);
      b.output("small", pool("p", 2, "small"));
      return b.build();
    };
    const graph = gradient(build(), "loss");
    expect(graph.nodes.map((n) => [n.name, n.op.name, ...Object.values(n.outputs)])).toEqual(
      expect.arrayContaining([
        ["pool", "maxPool2dWinners", "pool", "pool.winners.kept"],
        ["fixed", "maxPool2d", "fixed"],
        ["small", "maxPool2d", "small"],
        ["pool.maxPool2dWinnersBackward", "maxPool2dWinnersBackward", "pool.maxPool2dWinnersBackward"],
      ]),
    );
    const states = new Map([...graph.states].map(([name, s]) => [name, s.tensor] as const));
    const values = evaluate(bind(graph, {}), states);
    const attrs = { ...maxPool2d.defaults, kernel: [3, 3], stride: [2, 2] } as Parameters<typeof maxPool2d.reference>[1];
    const dy = tensor("f32", [1, 2, 3, 3], new Float32Array(18).fill(2));
    expect(values.get(graph.outputs.get(gradientName("p"))!)).toEqual(maxPool2dBackward.reference({ dy, x: states.get("p")! }, attrs).dx);
    expect(values.get(graph.outputs.get("loss")!)).toEqual(evaluate(bind(build(), {}), states).get(build().outputs.get("loss")!));
  });

  it("says which op has no gradient, and which parameter the loss does not reach", () => {
    const b = new GraphBuilder();
    b.state("p", "parameter", scalar("f32", 1));
    b.state("q", "parameter", scalar("f32", 1));
    b.state("bad", "metric", scalar("i32", 0));
    b.state("one", "buffer", scalar("i32", 1));
    b.output("loss", b.emit(add, { a: "p", b: "p" }).y!);
    b.output("bad", b.emit(checkFinite, { x: "p", firstBad: "bad", step: "one" }, {}, "check").firstBadOut!);
    const graph = b.build();
    expect(() => gradient(graph, "loss")).toThrow(/"q".*no gradient/);
    expect(() => gradient(graph, "bad", ["p"])).toThrow(/checkFinite "check".*no gradient/);
    expect(() => gradient(graph, "missing")).toThrow(/loss, bad/);
    expect(gradient(graph, "loss", ["p"]).outputs.has("p.gradient")).toBe(true);
  });
});

describe("optimize", () => {
  it("descends: sgd by hand, adam with its moments as states", async () => {
    const graph = gradient(withLoss(), "loss");
    const plain = optimize(graph, { op: sgd, attrs: {}, moments: {} }, 0.5);
    expect([...plain.outputs.keys()].sort()).toEqual(["logits", "loss"]);
    const gradients = await (await cpu().compile(graph))(batch);
    const run = await cpu().compile(plain);
    await run.step(batch);
    const states = await run.readStates();
    const [before, g, after] = [graph.states.get("fc.bias")!.tensor, gradients["fc.bias.gradient"]!, states.get("fc.bias")!];
    after.data.forEach((v, i) => expect(v).toBe(Math.fround(before.data[i]! - 0.5 * g.data[i]!)));
    expect(states.get("train.step")!.data[0]).toBe(1);

    const moments = { expAvg: "expAvgOut", expAvgSq: "expAvgSqOut" };
    const adaptive = await cpu().compile(optimize(graph, { op: adam, attrs: {}, moments }, 1e-2));
    const first = (await adaptive(batch)).loss!.data[0]!;
    for (let i = 0; i < 20; i++) await adaptive.step(batch);
    expect((await adaptive(batch)).loss!.data[0]!).toBeLessThan(first / 2);
    expect((await adaptive.readStates(["train.step"])).get("train.step")!.data[0]).toBe(22);
  });

  it("wants gradients first", () => {
    expect(() => optimize(withLoss(), { op: sgd, attrs: {}, moments: {} }, 0.5)).toThrow(/gradient\(graph, loss\)/);
  });
});

describe("evaluation", () => {
  it("turns a training graph back into what it computes, with stored states", async () => {
    const graph = withLoss();
    const training = optimize(gradient(graph, "loss"), { op: sgd, attrs: {}, moments: {} }, 0.5);
    const back = evaluation(training);
    expect(back.updates.size).toBe(0);
    expect(opsOf(back)).toEqual(opsOf(graph));
    const run = async (g: Graph) => (await (await cpu().compile(g))(batch)).loss;
    expect(await run(back)).toEqual(await run(graph));
  });

  it("lets readers of an update read the state, for the chosen roles alone", () => {
    const b = new GraphBuilder();
    b.state("a", "observer", scalar("i32", 1));
    b.state("b", "metric", scalar("i32", 1));
    b.update("a", b.emit(increment, { x: "a" }, {}, "a.next").y!);
    b.update("b", b.emit(increment, { x: "a.next" }, {}, "b.next").y!);
    const graph = evaluation(b.build(), ["observer"]);
    expect(String(graph)).toContain("b.next: i32 [1] = increment(x=a)");
    expect([...graph.updates.keys()]).toEqual(["b"]);
  });
});

describe("constants", () => {
  it("fold where all inputs are known; what is read at run time stays", () => {
    const b = new GraphBuilder();
    b.input("x", f32([2]));
    b.state("w", "parameter", tensor("f32", [2], [1, -2]));
    const w = b.emit(relu, { x: b.emit(add, { a: "w", b: "w" }, {}, "double").y }, {}, "positive").y;
    b.output("y", b.emit(add, { a: "x", b: w }, {}, "sum").y!);
    const folded = foldConstants(statesToConstants(b.build()));
    expect(opsOf(folded)).toEqual(["add"]);
    expect([...folded.constants]).toEqual([["positive", tensor("f32", [2], [2, 0])]]);
    expect(folded.states.size).toBe(0);
  });

  it("keep states that are updated", () => {
    const graph = countSteps(withLoss());
    expect([...statesToConstants(graph).states.keys()]).toEqual(["train.step"]);
  });
});

describe("watchFinite", () => {
  it("names the value that was bad first and the step", async () => {
    const graph = watchFinite(withLoss(), [
      ["x", "x"],
      ["first layer", "stem"],
      ["fc", "fc"],
    ]);
    const run = await cpu().compile(graph);
    await run.step(batch);
    expect(firstBad(await run.readStates(watched(graph)))).toBeUndefined();
    const x = batch.x.data.slice();
    x[17] = NaN;
    await run.step({ ...batch, x: tensor("f32", batch.x.shape, x) });
    await run.step(batch);
    expect(firstBad(await run.readStates(watched(graph)))).toEqual({ label: "x", step: 2 });
    const wild = withStates(graph, new Map([["stem.bias", tensor("f32", [2], [Infinity, 0])]]));
    const other = await cpu().compile(wild);
    await other.step(batch);
    expect(firstBad(await other.readStates(watched(graph)))).toEqual({ label: "first layer", step: 1 });
  });
});
