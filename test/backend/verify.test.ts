/** verify(): agreement is reported as such, and each kind of fault as what it is, at the node that has it. */
import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { cpu } from "../../src/backend/cpu/index.ts";
import { verify } from "../../src/backend/verify.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { GraphBuilder, type Graph } from "../../src/graph/index.ts";
import type { OpDef } from "../../src/ops/op.ts";
import { f32, i32, tensor, type Tensor } from "../../src/tensor/index.ts";
import { testGpu } from "../support/device.ts";
import { wrapGpu } from "../support/fake-gpu.ts";
import { affine, blur, elementwise, sum } from "./ops.ts";

const quiet = { onWarning: () => undefined };
const x = tensor("i32", [3, 1], [1, 2, 3]);

/** before = blur(x); middle = before + before; after = blur(middle); s <- affine(s). */
function chain(): Graph {
  const b = new GraphBuilder();
  const before = b.emit(blur, { x: b.input("x", i32(["n", 1])) }, {}, "before")["y"]!;
  const middle = b.emit(sum, { a: before, b: before }, {}, "middle")["y"]!;
  b.output("y", b.emit(blur, { x: middle }, {}, "after")["y"]!);
  const s = b.state("s", "buffer", tensor("i32", [2], [1, 2]));
  b.update(s, b.emit(affine, { x: s }, {}, "next")["y"]!);
  return b.build();
}

/** The CPU, but what `spoil` makes of the results of programs that do not keep all values. */
function spoiled(spoil: (t: Tensor) => Tensor): Backend {
  const real = cpu();
  return {
    ...real,
    compile: async (graph, options) => {
      const run = await real.compile(graph, options);
      if (options?.keepAll) return run;
      return Object.assign(
        async (inputs: Parameters<typeof run>[0]) => Object.fromEntries(Object.entries(await run(inputs)).map(([k, t]) => [k, spoil(t)])),
        run,
      );
    },
  };
}

describe("verify", () => {
  it("of a right backend is bit-exact, for any batch size", async () => {
    using gpu = await webgpu({ gpu: await testGpu(), ...quiet });
    const v = await verify(chain(), { x }, { actual: gpu, expected: cpu() });
    expect(v).toMatchObject({
      bitExact: true,
      integersExact: true,
      deployedEqual: true,
      elements: 11,
      firstDiffering: undefined,
      differing: { integers: 0, floats: 0 },
    });
    expect(v.nodes.map((n) => n.node)).toEqual(["before", "middle", "after", "next"]);
    expect(`${v}`).toMatch(/^webgpu \(.*\) against cpu: bit-exact, 4 nodes, 11 elements/);
  });

  it("blames the node with the fault, and not those after it; the outputs of the whole graph show it", async () => {
    const gpu = wrapGpu(await testGpu(), {
      shader: (code) => code.replace("y[i] = a[i] + b[i]", "y[i] = a[i] + b[i] + select(0, 1, i == 2u)"),
    });
    using backend = await webgpu({ gpu, ...quiet });
    const v = await verify(chain(), { x }, { actual: backend, expected: cpu() });
    expect(v).toMatchObject({
      bitExact: false,
      integersExact: false,
      deployedEqual: true,
      firstDiffering: "middle",
      differing: { integers: 1 },
    });
    expect(v.nodes.map((n) => n.outputs[0]!.differing)).toEqual([0, 1, 0, 0]);
    expect(v.nodes[1]!.outputs[0]!.first).toEqual({ index: 2, actual: 15, expected: 14 });
    expect(v.outputs[0]!.differing).toBeGreaterThan(1);
    expect(`${v}`).toMatch(
      /NOT equal.*\n[^]*middle +sum +i32 \[3, 1\] +1 of 3 differ, first \[2\] 15 for 14[^]*first node that differs: middle/,
    );
  });

  it("notices a deployed program that differs from the verified one", async () => {
    const v = await verify(
      chain(),
      { x },
      { actual: spoiled((t) => tensor("i32", t.shape, t.data.map((n: number) => n ^ 1) as Int32Array)), expected: cpu() },
    );
    expect(v).toMatchObject({ deployedEqual: false, bitExact: false, integersExact: false, differing: { integers: 0 } });
    expect(`${v}`).toMatch(/deployed program: NOT equal/);
  });

  it("measures floats by ulp and share of the largest value; drift does not touch integers", async () => {
    const op = (off: number): OpDef => elementwise("scale", ["x"], (x) => x! * off);
    const round: OpDef = {
      name: "round",
      inputs: ["x"],
      outputs: ["y"],
      quantization: "float",
      infer: ({ x }) => ({ y: { dtype: "i32", shape: x!.shape } }),
      reference: ({ x }) => ({ y: tensor("i32", x!.shape, Int32Array.from(x!.data, Math.round)) }),
      kernel: () => [],
    };
    const graph = (off: number): Graph => {
      const b = new GraphBuilder();
      const y = b.emit(op(off), { x: b.input("x", f32([3])) }, {}, "scale")["y"]!;
      b.output("y", b.emit(round, { x: y }, {}, "round")["y"]!);
      return b.build();
    };
    // The actual backend computes another graph than it is asked for: scaled by 1 + 2^-23.
    const real = cpu();
    const actual: Backend = { ...real, compile: (g, options) => real.compile(g.nodes.length === 2 ? graph(1 + 2 ** -23) : g, options) };
    // 0.49999997 * (1 + 2^-23) rounds to 0.5: the integer after it jumps, though the rounding itself is right.
    const v = await verify(graph(1), { x: tensor("f32", [3], [0.49999997, 2, 0]) }, { actual, expected: cpu() });
    expect(v.differing).toEqual({ integers: 0, floats: 2 });
    expect(v).toMatchObject({ integersExact: true, bitExact: false, firstDiffering: "scale", ulp: 1 });
    expect(v.relative).toBeCloseTo(2 ** -23, 12);
    expect(v.outputs[0]!.differing).toBe(1);
  });
});
