/**
 * Whole random nets: float graphs of 5 to 30 nodes with branches, sums and concatenations are calibrated and converted; the
 * deployed int8 program must give the bits of the program that keeps every value, every node of it those of the CPU reference
 * for the same inputs, and the outputs those of the whole net on the CPU. DOT4_FUZZ=1: ten times as many; DOT4_SEED: that one.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { cpu } from "../../src/backend/cpu/index.ts";
import { verify } from "../../src/backend/verify.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { GraphBuilder, type Graph } from "../../src/graph/index.ts";
import { roundings } from "../../src/numerics/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { ops, type Attrs, type OpName } from "../../src/ops/index.ts";
import type { Value } from "../../src/ops/op.ts";
import { calibrate, convert, floatIslands, int8, mapping, prepare, type QConfig } from "../../src/quant/index.ts";
import { numel, tensor, type Tensor } from "../../src/tensor/index.ts";
import { testGpu } from "../support/device.ts";

const COUNT = 200 * (Number(process.env["DOT4_FUZZ"] ?? 0) > 0 ? 10 : 1);
const only = process.env["DOT4_SEED"] === undefined ? undefined : Number(process.env["DOT4_SEED"]);
const TIMEOUT = 1_800_000;
/** Images stay this small. */
const LARGEST = 8;
/** Nodes of a float net. */
const [FEWEST, MOST] = [5, 30];
const CHANNELS = [1, 2, 3, 5, 7, 8, 13, 16];

/** A value [n, h, w, c]. */
interface Image {
  readonly value: Value;
  readonly h: number;
  readonly w: number;
  readonly c: number;
}

const random = (r: Random, shape: readonly number[], spread: number): Tensor<"f32"> =>
  tensor(
    "f32",
    shape,
    Float32Array.from({ length: numel(shape) }, () => spread * r.normal()),
  );

/** A net under construction; every step adds an op whose inputs are among the images so far. */
class Net {
  readonly b = new GraphBuilder();
  readonly r: Random;
  readonly images: Image[] = [];
  readonly used = new Set<Value>();
  nodes = 0;
  /** Whether a node has a scale of its own; without one there is nothing to quantize. */
  scales = false;

  constructor(r: Random) {
    this.r = r;
    const [h, w, c] = [r.int(1, LARGEST), r.int(1, LARGEST), r.pick(CHANNELS)];
    this.images.push({ value: this.b.input("x", { dtype: "f32", shape: ["n", h, w, c] }), h, w, c });
  }

  emit(name: OpName, inputs: Readonly<Record<string, Value | undefined>>, attrs: Attrs = {}): Value {
    Object.values(inputs).forEach((v) => v !== undefined && this.used.add(v));
    this.nodes++;
    this.scales ||= ops[name].quantization === "own";
    return this.b.emit(ops[name], inputs, attrs).y!;
  }

  /** Mostly a recent image, so that nets become deep. */
  pick(where: (image: Image) => boolean = () => true): Image | undefined {
    const all = this.images.filter(where);
    return all.length === 0 ? undefined : this.r.pick(this.r.int(0, 2) === 0 ? all : all.slice(-3));
  }

  add(value: Value): void {
    const [, h, w, c] = this.b.type(value).shape as [string, number, number, number];
    this.images.push({ value, h, w, c });
  }

  state(shape: readonly number[], spread: number): Value {
    return this.b.state(this.b.unique("parameter"), "parameter", random(this.r, shape, spread));
  }

  /** Now and then output channels differ by up to 1000. */
  weight(shape: readonly number[], spread: number): Value {
    const { r } = this;
    if (r.int(0, 3) > 0) return this.state(shape, spread);
    const t = random(r, shape, spread);
    const channel = numel(shape.slice(1));
    const factors = Array.from({ length: shape[0]! }, () => 1000 ** r.uniform(-1, 0));
    t.data.forEach((v, i) => (t.data[i] = v * factors[Math.floor(i / channel)]!));
    return this.b.state(this.b.unique("parameter"), "parameter", t);
  }

  /** A window that leaves at least one output pixel. */
  window({ h, w }: Image): { readonly kernel: readonly number[]; readonly stride: readonly number[]; readonly padding: readonly number[] } {
    const { r } = this;
    const kernel = [r.pick([1, 2, 3, 3]), r.pick([1, 2, 3, 3])] as const;
    const pad = (size: number, k: number): readonly [number, number] => {
      const need = Math.max(0, k - size);
      const before = Math.min(k - 1, Math.max(need, r.int(0, k - 1)));
      return [before, Math.min(k - 1, r.int(0, 1))];
    };
    return { kernel, stride: [r.int(1, 2), r.int(1, 2)], padding: [...pad(h, kernel[0]), ...pad(w, kernel[1])] };
  }

  /** Taps apart where a dilated kernel fits into the image without its padding. */
  dilation({ h, w }: Image, kernel: readonly number[]): readonly number[] {
    return kernel.map((k, i) => (this.r.int(0, 2) === 0 && 2 * (k - 1) < [h, w][i]! ? 2 : 1));
  }

  conv(x: Image): void {
    const { r } = this;
    const { kernel, stride, padding } = this.window(x);
    const dilation = this.dilation(x, kernel);
    const divisors = [1, 2, 3, 5, 7, 8, 13, 16].filter((g) => x.c % g === 0);
    const groups = r.int(0, 1) === 0 ? 1 : r.pick(divisors);
    const oc = groups * (groups === x.c ? r.pick([1, 1, 2]) : r.pick([1, 2, 3, 5]));
    const [kh, kw] = kernel as [number, number];
    const spread = 1 / Math.sqrt((kh * kw * x.c) / groups);
    const weight = this.weight([oc, kh, kw, x.c / groups], spread);
    const bias = r.int(0, 2) > 0 ? this.state([oc], 0.3) : undefined;
    const activation = r.pick(["none", "none", "relu", "relu6"]);
    this.add(this.emit("conv2d", { x: x.value, weight, bias }, { stride, padding, dilation, groups, activation }));
  }

  step(): void {
    const { r } = this;
    const x = this.pick()!;
    const same = (name: OpName, attrs: Attrs = {}): void => this.add(this.emit(name, { x: x.value }, attrs));
    const kinds: readonly (() => void)[] = [
      () => this.conv(x),
      () => this.conv(x),
      () => this.conv(x),
      () => {
        // The same shape, or one value a channel, as squeeze and excitation multiply by.
        const other = this.pick((i) => i.c === x.c && ((i.h === x.h && i.w === x.w) || (i.h === 1 && i.w === 1)))!;
        const name = r.pick(["add", "sub", "mul", "add"] as const);
        this.add(this.emit(name, { a: x.value, b: other.value }, name === "mul" ? {} : { activation: r.pick(["none", "relu"]) }));
      },
      () => {
        const axis = r.pick([3, 3, -1, 1, -2]);
        const sizes = ({ h, w, c }: Image): readonly number[] => [0, h, w, c];
        const along = (i: Image): number => sizes(i).at(axis)!;
        const fits = (i: Image): boolean => sizes(i).every((size, k) => k === (axis + 4) % 4 || size === sizes(x)[k]!);
        const parts = [x, ...Array.from({ length: r.int(1, 3) }, () => this.pick(fits)!)];
        if (parts.reduce((sum, p) => sum + along(p), 0) > (axis === 3 || axis === -1 ? 40 : 12)) return this.conv(x);
        this.add(this.emit("concat", Object.fromEntries(parts.map((p, i) => [`x${i}`, p.value])), { axis }));
      },
      () => {
        const axis = r.int(1, 3);
        const size = [0, x.h, x.w, x.c][axis]!;
        const start = r.int(0, size - 1);
        same("slice", { axis, start, end: r.int(0, 1) === 0 ? null : r.int(start + 1, size) });
      },
      () => {
        const axis = r.int(1, 3);
        const size = [0, x.h, x.w, x.c][axis]!;
        const order = Array.from({ length: r.int(1, Math.min(size + 2, 20)) }, () => r.int(0, size - 1));
        const index = this.b.constant(tensor("i32", [order.length], order), "order");
        this.add(this.emit("indexSelect", { x: x.value, index }, { axis: r.int(0, 1) === 0 ? axis : axis - 4 }));
      },
      () => same(r.pick(["relu", "relu6", "sigmoid", "hardSigmoid", "hardSwish"] as const)),
      () => same("leakyRelu", { negativeSlope: r.pick([0.01, 0.2]) }),
      () => same("clamp", { min: -r.uniform(0, 1), max: r.uniform(0, 2) }),
      () => {
        const window = this.window(x);
        // Padded and dilated, a window could step over the image.
        const dilation = window.padding.every((p) => p === 0) ? this.dilation(x, window.kernel) : [1, 1];
        same("maxPool2d", { ...window, dilation, ceilMode: r.int(0, 1) === 1 });
      },
      () => same("avgPool2d", { ...this.window(x), ceilMode: r.int(0, 1) === 1, countIncludePad: r.int(0, 1) === 1 }),
      () => same("globalAvgPool2d"),
      () => same("adaptiveAvgPool2d", { outputSize: [r.int(1, Math.min(4, x.h + 1)), r.int(1, Math.min(4, x.w + 1))] }),
      () => same("mean", { axes: r.pick([[1], [2], [3], [1, 2], [-1, 1]]), keepDim: true }),
      () =>
        x.h * x.w > 30
          ? this.conv(x)
          : same("upsampleNearest2d", {
              scale: r.pick([
                [2, 2],
                [1, 3],
              ]),
            }),
      () =>
        same("transpose", {
          permutation: r.pick([
            [0, 2, 1, 3],
            [0, 3, 1, 2],
            [0, 1, 3, 2],
          ]),
        }),
      () =>
        same("reshape", {
          shape: r.pick([
            [0, x.w, x.h, x.c],
            [0, 1, -1, x.c],
            [0, x.h, x.w * x.c, 1],
          ]),
        }),
    ];
    r.pick(kinds)();
  }

  /** Whatever nobody read is an output, some of it behind a linear layer while there are nodes left. */
  build(): Graph {
    const leaves = this.images.filter((i) => !this.used.has(i.value));
    leaves.forEach(({ value, h, w, c }, i) => {
      if (this.nodes + 2 > MOST || this.r.int(0, 1) === 0) return this.b.output(`y${i}`, value);
      const x = this.emit("flatten", { x: value }, { startDim: 1 });
      const weight = this.weight([this.r.pick([1, 5, 10]), h * w * c], 1 / Math.sqrt(h * w * c));
      this.b.output(`y${i}`, this.emit("linear", { x, weight, bias: this.state([this.b.type(weight).shape[0] as number], 0.1) }));
    });
    return this.b.build();
  }
}

function draw(r: Random): Graph {
  const net = new Net(r);
  // Mostly small: what takes time is to compile the kernels of every node.
  const wanted = r.int(FEWEST, r.pick([8, 12, MOST - 2]));
  while (net.nodes < wanted) net.step();
  if (!net.scales) net.conv(net.pick()!);
  const graph = net.build();
  expect(graph.nodes.length).toBeGreaterThanOrEqual(FEWEST);
  expect(graph.nodes.length).toBeLessThanOrEqual(MOST);
  return graph;
}

/** What a net has that others may not have. */
function traits(float: Graph, integer: Graph): string[] {
  const convolutions = float.nodes.flatMap((node) => {
    if (node.op.name !== "conv2d") return [];
    const { groups, dilation } = node.attrs as { readonly groups: number; readonly dilation: readonly number[] };
    const [oc, , , ic] = float.types.get(node.inputs.weight!)!.shape as [number, number, number, number];
    const kind = ic > 1 ? (ic % 4 > 0 ? "groups that straddle words" : "groups") : oc === groups ? "depthwise" : "a channel multiplier";
    return [...(groups > 1 ? [kind] : []), ...(dilation.some((d) => d > 1) ? ["dilated"] : [])];
  });
  const types = new Set(integer.nodes.flatMap((n) => Object.values(n.outputs).map((v) => integer.types.get(v)!.dtype)));
  const mixed = types.has("i8") && types.has("u8") ? ["i8 and u8"] : [];
  return [...integer.nodes.map((n) => n.op.name), ...new Set(convolutions), ...mixed, `${float.nodes.length} nodes`];
}

const anyConfig = (r: Random): QConfig =>
  int8({
    activationBits: r.int(0, 2) === 0 ? r.int(4, 8) : 8,
    activationDtype: r.pick(["i8", "u8"]),
    weightDtype: r.pick(["i8", "u8"]),
    perChannel: r.int(0, 1) === 0,
    symmetricWeights: r.int(0, 2) > 0,
  });

/** @throws Error with what differs */
async function check(seed: number, host: Backend, gpu: Backend): Promise<readonly string[]> {
  const r = new Random(seed, 9);
  const graph = draw(r);
  const shape = [r.int(1, 3), ...(graph.types.get("x")!.shape.slice(1) as number[])];
  const [most, some] = [anyConfig(r), anyConfig(r)];
  // Now and then nodes of one net are quantized in different ways: what lies between them changes type and scale.
  const others = new Set(r.int(0, 2) === 0 ? graph.nodes.filter(() => r.int(0, 1) === 0).map((n) => n.name) : []);
  const config = others.size === 0 ? most : mapping({ "": most }, [{ where: (node) => others.has(node.name), config: some }]);
  const rounding = r.pick(roundings);
  const prepared = await calibrate(prepare(graph, config), [{ x: random(r, shape, 1) }, { x: random(r, shape, 1) }], host);
  const warnings: string[] = [];
  const integer = convert(prepared, { rounding, warn: (w) => warnings.push(w.message) });
  const islands = floatIslands(integer);
  if (islands.length > 0) throw new Error(`float islands: ${islands.join(", ")}; ${warnings.join("; ")}`);
  // Wider than what was calibrated with: ends saturate.
  const result = await verify(integer, { x: random(r, shape, 2) }, { actual: gpu, expected: host });
  const wrong = result.outputs.filter((d) => d.differing > 0);
  if (!result.bitExact || wrong.length > 0) throw new Error(`${rounding}: ${String(result)}\n${String(integer)}`);
  return traits(graph, integer);
}

let host: Backend;
let gpu: Backend;
beforeAll(async () => {
  [host, gpu] = [cpu(), await webgpu({ gpu: await testGpu() })];
});
afterAll(() => [host, gpu].forEach((b) => b.dispose()));

it(
  `${only === undefined ? COUNT : 1} random nets of ${FEWEST} to ${MOST} nodes: deployed, node by node and on the CPU to the bit`,
  async () => {
    const seen = new Map<string, number>();
    for (const seed of only === undefined ? Array.from({ length: COUNT }, (_, seed) => seed) : [only]) {
      const names = await check(seed, host, gpu).catch((e: unknown) => {
        throw new Error(`DOT4_SEED=${seed}: ${(e as Error).message}`, { cause: e });
      });
      for (const name of names) seen.set(name, (seen.get(name) ?? 0) + 1);
    }
    if (only !== undefined) return;
    // Sums of a convolution alone are what imported models ask for; no float op becomes them.
    const others = ["quantize", "qaccumulate2d"];
    const integers = Object.keys(ops).filter((name) => name.startsWith("q") && !others.includes(name));
    const moved = ["flatten", "indexSelect", "reshape", "slice", "transpose"];
    const convolutions = ["depthwise", "a channel multiplier", "groups that straddle words", "groups", "dilated"];
    expect([...integers, "requantize", "i8 and u8", ...moved, ...convolutions].filter((name) => !seen.has(name))).toEqual([]);
    const sizes = [...seen.keys()].filter((s) => s.endsWith(" nodes")).map((s) => parseInt(s));
    expect(sizes.length).toBeGreaterThan(0.8 * (MOST - FEWEST + 1));
    expect([Math.min(...sizes), Math.max(...sizes)]).toEqual([FEWEST, MOST]);
  },
  TIMEOUT,
);
