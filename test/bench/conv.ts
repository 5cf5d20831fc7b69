/** Convolution 28 x 28, 64 -> 64 channels, 3 x 3, batch 1: int8, f32 of the same shape, and the plain int8 yardstick. */
import type { Compiled } from "../../src/backend/backend.ts";
import type { WebGpuBackend } from "../../src/backend/webgpu/index.ts";
import { cpu } from "../../src/backend/cpu/index.ts";
import { GraphBuilder, type Graph } from "../../src/graph/index.ts";
import { quantizeMultiplier, Random } from "../../src/numerics/index.ts";
import { dispatch1d } from "../../src/ops/kernel.ts";
import { conv2d } from "../../src/ops/conv2d.ts";
import { packWeight } from "../../src/ops/packWeight.ts";
import { qconv2d } from "../../src/ops/qconv2d.ts";
import { scalar, tensor, toWords, zeros, type Tensor } from "../../src/tensor/index.ts";
import { Bench } from "./kernels.ts";
import { timeTogether, type Timing } from "./measure.ts";
import type { Row } from "./rows.ts";
import naive from "./shaders/naiveQconv2d.wgsl";

export interface ConvShape {
  readonly size: number;
  readonly ic: number;
  readonly oc: number;
  readonly kernel: number;
  readonly batch: number;
}

export const seedShape: ConvShape = { size: 28, ic: 64, oc: 64, kernel: 3, batch: 1 };

/** Multiplications and additions, padding included. */
export const operations = ({ size, ic, oc, kernel, batch }: ConvShape): number => 2 * batch * size * size * oc * ic * kernel * kernel;

export interface ConvLayer {
  readonly x: Tensor<"i8">;
  readonly weight: Tensor<"i8">;
  readonly bias: Tensor<"i32">;
  readonly scale: number;
  readonly xZeroPoint: number;
  readonly yZeroPoint: number;
}

export function layer({ size, ic, oc, kernel, batch }: ConvShape): ConvLayer {
  const random = new Random(7);
  const i8 = (shape: readonly number[]): Tensor<"i8"> => {
    const t = zeros("i8", shape);
    for (let i = 0; i < t.data.length; i++) t.data[i] = random.int(-127, 127);
    return t;
  };
  const taps = ic * kernel * kernel;
  return {
    x: i8([batch, size, size, ic]),
    weight: i8([oc, kernel, kernel, ic]),
    bias: tensor(
      "i32",
      [oc],
      Int32Array.from({ length: oc }, () => random.int(-1000, 1000)),
    ),
    // Sums of `taps` products have a standard deviation of about 73^2 sqrt(taps): that lands at 40 of the 127 steps.
    scale: 40 / (73 * 73 * Math.sqrt(taps)),
    xZeroPoint: 3,
    yZeroPoint: -5,
  };
}

/** x is a state, so that a run uploads nothing; `done` is a small state to wait for. */
function started(x: Tensor): GraphBuilder {
  const b = new GraphBuilder();
  b.state("x", "buffer", x);
  b.state("done", "buffer", scalar("i32", 0));
  return b;
}

const padding = (kernel: number): readonly number[] => Array<number>(4).fill(Math.floor(kernel / 2));

export function int8Graph(shape: ConvShape, l: ConvLayer): Graph {
  const { oc, kernel } = shape;
  const b = started(l.x);
  const { multiplier, exponent } = quantizeMultiplier(l.scale);
  const filled = (value: number): Tensor => tensor("i32", [oc], new Int32Array(oc).fill(value));
  const taps = l.weight.data.length / oc;
  const weightSum = Int32Array.from({ length: oc }, (_, c) => l.weight.data.subarray(c * taps, (c + 1) * taps).reduce((a, w) => a + w, 0));
  const inputs = {
    x: "x",
    weight: b.constant(packWeight.reference({ w: l.weight }, { groups: 1 }).y!, "weight"),
    weightSum: b.constant(tensor("i32", [oc], weightSum)),
    bias: b.constant(l.bias),
    multiplier: b.constant(filled(multiplier)),
    exponent: b.constant(filled(exponent)),
    xZeroPoint: b.constant(scalar("i32", l.xZeroPoint)),
    yZeroPoint: b.constant(scalar("i32", l.yZeroPoint)),
  };
  b.output("y", b.emit(qconv2d, inputs, { padding: padding(kernel) }).y!);
  return b.build();
}

export function f32Graph({ kernel }: ConvShape, l: ConvLayer): Graph {
  const f32 = (t: Tensor): Tensor<"f32"> => tensor("f32", t.shape, Float32Array.from(t.data));
  const b = started(f32(l.x));
  b.output(
    "y",
    b.emit(conv2d, { x: "x", weight: b.constant(f32(l.weight)), bias: b.constant(f32(l.bias)) }, { padding: padding(kernel) }).y!,
  );
  return b.build();
}

/** So many runs, then a wait for the last. */
export const repeat =
  (run: Compiled, wait = "done") =>
  async (repeats: number): Promise<void> => {
    for (let i = 0; i < repeats; i++) await run.step({});
    await run.readStates([wait]);
  };

/** The same layer by the plain kernel. Resolves to its output beside the function that runs it. */
async function yardstick(
  bench: Bench,
  { size, ic, oc, kernel, batch }: ConvShape,
  l: ConvLayer,
): Promise<{ run: (repeats: number) => Promise<void>; y: GPUBuffer }> {
  const outputs = batch * size * size * oc;
  const y = bench.buffer(outputs * 4);
  const run = await bench.kernel(
    {
      shader: naive,
      params: { outputs, h: size, w: size, ic, oc, k: kernel, xZeroPoint: l.xZeroPoint, yZeroPoint: l.yZeroPoint },
      workgroups: dispatch1d(outputs, 64, bench.info),
    },
    {
      x: bench.buffer(toWords(l.x)),
      weight: bench.buffer(toWords(l.weight)),
      bias: bench.buffer(toWords(l.bias)),
      multiplier: bench.buffer(toWords(tensor("f32", [oc], new Float32Array(oc).fill(l.scale)))),
      y,
    },
  );
  return { run, y };
}

export interface ConvOptions {
  /** What the int8 convolution must reach in Gop/s. */
  readonly bar?: number;
  /** Ceilings in operations a second, for the shares; int8 may be computed either way, so the higher one is its. */
  readonly ceilings: { readonly f32: number; readonly int8: number };
  /** Compare the int8 output with the CPU's first. */
  readonly check?: boolean;
}

export async function convRows(backend: WebGpuBackend, device: GPUDevice, shape: ConvShape, options: ConvOptions): Promise<readonly Row[]> {
  const l = layer(shape);
  using int8 = await backend.compile(int8Graph(shape, l));
  using f32 = await backend.compile(f32Graph(shape, l));
  if (options.check ?? true) await checkAgainstCpu(int8);
  const bench = new Bench(device, backend.info);
  try {
    const plain = await yardstick(bench, shape, l);
    const t = await timeTogether({ int8: repeat(int8), f32: repeat(f32), plain: plain.run });
    checkYardstick((await int8({})).y!, new Int32Array((await bench.read(plain.y)).buffer));
    const rate = ({ median }: Timing): number => operations(shape) / (median / 1e3);
    const share = (timing: Timing, ceiling: number): string => `${((100 * rate(timing)) / ceiling).toFixed(0)} % of the ceiling`;
    const name = `conv ${shape.size}x${shape.size}x${shape.ic}->${shape.oc} ${shape.kernel}x${shape.kernel} batch ${shape.batch}`;
    const row = (what: string, timing: Timing, note: string): Row => ({
      name: `${what} ${name}`,
      value: rate(timing) / 1e9,
      unit: "Gop/s",
      timing,
      note,
    });
    return [
      {
        ...row("int8", t.int8, share(t.int8, Math.max(options.ceilings.int8, options.ceilings.f32))),
        ...(options.bar !== undefined && { bar: { atLeast: options.bar } }),
      },
      row("f32", t.f32, share(t.f32, options.ceilings.f32)),
      row("plain int8", t.plain, "one thread an output, bytes unpacked one by one"),
      { name: "int8 over f32, same shape", value: rate(t.int8) / rate(t.f32), unit: "x" },
      { name: "int8 over plain int8", value: rate(t.int8) / rate(t.plain), unit: "x" },
    ];
  } finally {
    bench.dispose();
  }
}

function checkYardstick(y: Tensor, plain: Int32Array): void {
  // Float requantization rounds ties otherwise: a step apart is right, more is a fault of one of the two.
  const far = plain.filter((q, i) => Math.abs(q - y.data[i]!) > 1).length;
  if (far > 0) throw new Error(`the plain kernel and qconv2d disagree in ${far} of ${plain.length} elements`);
}

async function checkAgainstCpu(compiled: Compiled): Promise<void> {
  using reference = await cpu().compile(compiled.graph);
  const [got, want] = [(await compiled({})).y!, (await reference({})).y!];
  let wrong = 0;
  for (let i = 0; i < want.data.length; i++) if (got.data[i] !== want.data[i]) wrong++;
  if (wrong > 0) throw new Error(`qconv2d differs from the reference in ${wrong} of ${want.data.length} elements`);
}
