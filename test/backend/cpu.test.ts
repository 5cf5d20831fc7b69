/** The interpreter, and the checks of inputs that all backends share. */
import { describe, expect, it } from "vitest";
import { cpu } from "../../src/backend/cpu/index.ts";
import { checkInputs, checkSizes } from "../../src/backend/sizes.ts";
import { DataError, DTypeError, ShapeError, UsageError } from "../../src/errors.ts";
import { GraphBuilder, type Graph } from "../../src/graph/index.ts";
import { f32, i32, tensor, zeros, type Tensor } from "../../src/tensor/index.ts";
import { accumulate, affine, view } from "./ops.ts";

const ints = (...values: number[]): Tensor<"i32"> => tensor("i32", [values.length], values);

describe("inputs", () => {
  const b = new GraphBuilder();
  b.input("x", f32(["n", 3]));
  b.input("labels", i32(["n"]));
  const graph = b.build();
  const x = zeros("f32", [2, 3]);
  const labels = ints(0, 1);
  const detached = (): Tensor => {
    const t = zeros("f32", [2, 3]);
    structuredClone(t.data.buffer, { transfer: [t.data.buffer as ArrayBuffer] });
    return t;
  };

  it("bind symbolic sizes", () => expect(checkInputs(graph, { x, labels })).toEqual({ n: 2 }));

  const wrong: [string, Record<string, unknown>, abstract new (...args: never[]) => Error, string][] = [
    ["missing", { x }, UsageError, "missing-input"],
    ["unknown", { x, labels, y: x }, UsageError, "unknown-input"],
    ["of another dtype", { x: zeros("i32", [2, 3]), labels }, DTypeError, "dtype-mismatch"],
    ["of another rank", { x: zeros("f32", [6]), labels }, ShapeError, "shape-mismatch"],
    ["of another shape", { x: zeros("f32", [2, 4]), labels }, ShapeError, "shape-mismatch"],
    ["of batch sizes that disagree", { x, labels: ints(0, 1, 2) }, ShapeError, "size-conflict"],
    ["empty along the batch", { x: zeros("f32", [0, 3]), labels: ints() }, ShapeError, "empty-batch"],
    ["shorter than the shape says", { x: { ...x, data: new Float32Array(5) }, labels }, ShapeError, "length-mismatch"],
    ["in another typed array", { x: { ...x, data: new Float64Array(6) }, labels }, DTypeError, "dtype-mismatch"],
    ["of fractional size", { x: { ...x, shape: [0.5, 3] }, labels }, ShapeError, "bad-shape"],
    ["of more than 2^31 elements", { x: { ...x, shape: [2 ** 30, 3] }, labels }, ShapeError, "too-large"],
    ["in shared memory", { x: { ...x, data: new Float32Array(new SharedArrayBuffer(24)) }, labels }, UsageError, "shared-buffer"],
    ["detached", { x: detached(), labels }, UsageError, "detached-buffer"],
    ["named like a member of Object", { labels, constructor: x }, UsageError, "unknown-input"],
  ];
  it.each(wrong)("that are %s are refused", (_, inputs, kind, code) => {
    const attempt = (): unknown => checkInputs(graph, inputs as Record<string, Tensor>);
    expect(attempt).toThrow(kind);
    expect(attempt).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    [{}, "missing-size"],
    [{ n: 0 }, "bad-size"],
    [{ n: 1.5 }, "bad-size"],
    [{ n: 2, m: 3 }, "unknown-size"],
  ])("sizes %j are refused", (sizes, code) => {
    expect(() => checkSizes(graph, sizes as Record<string, number>)).toThrow(expect.objectContaining({ code }));
  });
});

describe("the interpreter", () => {
  const counting = (): Graph => {
    const b = new GraphBuilder();
    const s = b.state("s", "buffer", ints(1, 2, 3));
    const y = b.emit(accumulate, { total: s, x: b.input("x", i32([3])) })["y"]!;
    b.update(s, y);
    b.output("y", y);
    b.output("old", b.emit(view, { x: s })["y"]!);
    return b.build();
  };

  it("lets all reads of a state in a run see its old value", async () => {
    using run = await cpu().compile(counting());
    const x = ints(1, 1, 1);
    expect(await run({ x })).toEqual({ y: ints(2, 3, 4), old: ints(1, 2, 3) });
    expect(await run({ x })).toEqual({ y: ints(3, 4, 5), old: ints(2, 3, 4) });
    expect((await run.readStates()).get("s")).toEqual(ints(3, 4, 5));
  });

  it("shares no memory with the caller: not of inputs, outputs, states or the graph", async () => {
    const graph = counting();
    using run = await cpu().compile(graph);
    const { y, old } = await run({ x: ints(1, 1, 1) });
    y!.data.fill(99);
    old!.data.fill(99);
    (await run.readStates()).get("s")!.data.fill(99);
    const mine = ints(7, 7, 7);
    await run.writeStates(new Map([["s", mine]]));
    mine.data.fill(99);
    expect((await run({ x: ints(0, 0, 0) }))["old"]).toEqual(ints(7, 7, 7));
    expect(graph.states.get("s")!.tensor).toEqual(ints(1, 2, 3));
  });

  it("leaves states as they were when a node fails", async () => {
    const b = new GraphBuilder();
    const s = b.state("s", "buffer", ints(1));
    b.update(s, b.emit(affine, { x: s })["y"]!);
    b.output("y", b.emit({ ...affine, name: "broken", reference: () => ({ y: zeros("f32", [1]) }) }, { x: s })["y"]!);
    using run = await cpu().compile(b.build());
    await expect(run({})).rejects.toThrow(DataError);
    expect((await run.readStates()).get("s")).toEqual(ints(1));
  });

  it("refuses wrong states, reading what it has not, and use after dispose", async () => {
    const backend = cpu();
    const run = await backend.compile(counting());
    await expect(run.writeStates(new Map([["s", ints(1)]]))).rejects.toThrow(ShapeError);
    await expect(run.writeStates(new Map([["t", ints(1)]]))).rejects.toThrow(UsageError);
    await expect(run.readStates(["t"])).rejects.toThrow(UsageError);
    await expect(run.values()).rejects.toThrow(expect.objectContaining({ code: "no-values" }));
    run.dispose();
    run.dispose();
    await expect(run({ x: ints(1, 1, 1) })).rejects.toThrow(expect.objectContaining({ code: "disposed" }));
    backend.dispose();
    await expect(backend.compile(counting())).rejects.toThrow(expect.objectContaining({ code: "disposed" }));
  });

  it("keeps all values of the last run when asked to", async () => {
    using run = await cpu().compile(counting(), { keepAll: true });
    await run({ x: ints(1, 1, 1) });
    expect(Object.fromEntries(await run.values())).toEqual({
      x: ints(1, 1, 1),
      s: ints(1, 2, 3),
      accumulate: ints(2, 3, 4),
      view: ints(1, 2, 3),
    });
  });
});
