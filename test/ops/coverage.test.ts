/// <reference types="vite/client" />
/**
 * What random cases of the integer ops reach: comparing a thousand of them proves little if they are all alike. Element types,
 * channels around the packing, images of one row or column, operands at the ends of their range, odd zero points, every
 * rounding between every two types, multipliers that make ties, accumulators that f32 does not hold.
 */
import { describe, expect, it } from "vitest";
import { roundings } from "../../src/numerics/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { ops, type Attrs, type OpDef, type Tensors } from "../../src/ops/index.ts";
import { qaccumulate2d } from "../../src/ops/qaccumulate2d.ts";
import { isPacked, type Tensor } from "../../src/tensor/index.ts";
import { isCases, takesBytes } from "../support/integers.ts";
import { CHANNELS } from "../support/quantized.ts";

const modules = import.meta.glob<Record<string, unknown>>("./*.cases.ts", { eager: true });
const suites = Object.values(modules)
  .flatMap((m) => Object.values(m).filter(isCases))
  .filter(takesBytes);

/** As many cases as the ops are compared on with DOT4_FUZZ=1. */
const COUNT = 1000;
/** Inputs of bytes that are parameters: their last axis is no channel, nor are they operands at an end of the range. */
const PARAMETERS = ["weight", "table"];
/** Bytes that are codes and no numbers: of one type, and never at an end of its range. */
const CODES = ["winners"];
/** What is packed is a weight [oc, .., ic]: rows and columns are not those of an image. */
const NO_IMAGES = ["packWeight"];
/** Moving bits, they know no largest value; nor do those that make bytes of other types. */
const BY_POSITION = ["cast", "indexSelect", "packWeight", "quantize", "reshape", "transpose", "wideCast"];

const allAre = (t: Tensor, end: number): boolean => t.data.length > 3 && t.data.every((v) => v === end);
const endsOf = (t: Tensor): readonly [number, number] => (t.dtype === "i8" ? [-128, 127] : [0, 255]);

/** Everything of note that a case shows. */
function shown(name: string, inputs: Tensors, outputs: Readonly<Record<string, { readonly dtype: string }>>, attrs: Attrs): string[] {
  const seen: string[] = [];
  const bytes = Object.entries(inputs).filter(([, t]) => t !== undefined && isPacked(t.dtype));
  for (const [key, t] of bytes) {
    seen.push(`${key} is ${t.dtype}`);
    if (PARAMETERS.includes(key)) continue;
    seen.push(`${t.shape.at(-1) ?? 1} channels`);
    if (t.shape.length === 4 && t.shape[1] === 1) seen.push("h = 1");
    if (t.shape.length === 4 && t.shape[2] === 1) seen.push("w = 1");
    if (t.shape.length === 4) seen.push("an image");
    if (allAre(t, endsOf(t)[0])) seen.push(`${key} all lowest`);
    if (allAre(t, endsOf(t)[1])) seen.push(`${key} all highest`);
  }
  for (const [key, t] of Object.entries(inputs))
    if (/zeroPoint$/i.test(key) && t.data.some((z) => Math.abs(z) % 2 === 1)) seen.push(`${key} odd`);
  const y = Object.values(outputs)[0]!.dtype;
  seen.push(`y is ${y}`);
  if (bytes.length === 0) seen.push(`${(inputs.x?.shape.at(-1) ?? 1).toString()} channels`);
  if (typeof attrs.rounding === "string" && bytes.length > 0) seen.push(`${attrs.rounding}, ${bytes[0]![1].dtype} to ${y}`);
  if (name === "quantize") seen.push(`${String(attrs.rounding)} to ${y}`);
  const { multiplier, exponent } = inputs;
  if (multiplier?.data.some((m, i) => m === 2 ** 30 && exponent!.data[i]! <= 0 && exponent!.data[i]! > -24)) seen.push("ties");
  return seen;
}

const TYPES = ["i8", "u8"];
const across = (from: readonly string[]): string[] =>
  from.flatMap((rounding) => TYPES.flatMap((x) => TYPES.map((y) => `${rounding}, ${x} to ${y}`)));

/** What must be among it, for an op with such inputs and attributes. */
function wanted({ name, outputs }: OpDef, inputs: readonly string[], attrs: Attrs, seen: ReadonlySet<string>): string[] {
  const packed = inputs.filter((key) => [...seen].some((s) => s.startsWith(`${key} is `)));
  const isCoded = [...inputs, ...outputs].some((key) => CODES.includes(key));
  const operands = packed.filter((key) => ![...PARAMETERS, ...CODES].includes(key) && !/^x[1-5]$/.test(key));
  return [
    ...packed.filter((key) => key !== "weight" && !CODES.includes(key)).flatMap((key) => TYPES.map((t) => `${key} is ${t}`)),
    ...(packed.length === 0 && !isCoded ? TYPES.map((t) => `y is ${t}`) : []),
    ...CHANNELS.map((c) => `${c} channels`),
    ...(seen.has("an image") && !NO_IMAGES.includes(name) ? ["h = 1", "w = 1"] : []),
    ...(BY_POSITION.includes(name) ? [] : operands.flatMap((key) => [`${key} all lowest`, `${key} all highest`])),
    ...inputs.filter((key) => /zeroPoint$/i.test(key)).map((key) => `${key} odd`),
    ...(attrs.rounding !== undefined && name !== "quantize" ? across(roundings) : []),
    ...(name === "quantize" ? ["reciprocal", "divide", "tflite"].flatMap((form) => TYPES.map((t) => `${form} to ${t}`)) : []),
    ...(inputs.includes("multiplier") ? ["ties"] : []),
  ];
}

describe("random cases of integer ops", () => {
  it("are of every op that computes with bytes", () => {
    const names = suites.map((s) => s.op.name);
    const integers = Object.keys(ops).filter((name) => name.startsWith("q") || name === "requantize");
    expect(names).toEqual(expect.arrayContaining([...integers, "packWeight", "dequantize", "flatten", "reshape", "transpose", "slice"]));
  });

  it.each(suites.map((s) => [s.op.name, s] as const))("%s", { timeout: 120_000 }, (name, { op, random }) => {
    const seen = new Set<string>();
    let ties = 0;
    for (let seed = 0; seed < COUNT; seed++) {
      const { inputs, attrs } = random(new Random(seed));
      const all = { ...op.defaults, ...attrs } as Attrs;
      const one = shown(name, inputs, op.infer(inputs, all, name), all);
      one.forEach((s) => seen.add(s));
      ties += Number(one.includes("ties"));
    }
    if (ties < COUNT / 50) seen.delete("ties");
    const inputs = op.inputs.map((key) => key.replace("?", ""));
    expect(wanted(op, inputs, (op.defaults as Attrs) ?? {}, seen).filter((s) => !seen.has(s))).toEqual([]);
  });

  it.each(["qconv2d", "qlinear", "qaccumulate2d"])("%s: accumulators beyond 2^24, even and odd, of both signs", (name) => {
    const { random } = suites.find((s) => s.op.name === name)!;
    const seen = new Set<string>();
    for (let seed = 0; seed < COUNT && seen.size < 4; seed++) {
      const { inputs, attrs } = random(new Random(seed));
      for (const sum of accumulators(inputs, attrs ?? {}))
        if (Math.abs(sum) > 2 ** 24) seen.add(`${sum > 0 ? "above" : "below"} 0, ${sum % 2 === 0 ? "even" : "odd"}`);
    }
    expect(seen.size).toBe(4);
  });
});

/** The sums of a case of qconv2d, qlinear or qaccumulate2d, bias included where it is i32. */
function accumulators({ x, weight, weightSum, xZeroPoint, weightZeroPoint, bias }: Tensors, attrs: Attrs): Int32Array {
  const { stride = [1, 1], padding = [0, 0, 0, 0], dilation = [1, 1], groups = 1 } = attrs;
  // A linear layer is a convolution over rows of one pixel; its packed weights have no kernel axes.
  const image = x!.shape.length === 4 && weight!.shape.length !== 4;
  const rows = x!.data.length / x!.shape.at(-1)!;
  const [ic, oc] = [x!.shape.at(-1)!, weightSum!.shape[0]!];
  const inputs: Tensors = {
    x: image ? x! : ({ ...x!, shape: [rows, 1, 1, ic] } as Tensor),
    weight: image ? weight! : ({ ...weight!, shape: [weight!.shape[0]!, 1, 1, ...weight!.shape.slice(1)] } as Tensor),
    weightSum: weightSum!,
    xZeroPoint: xZeroPoint!,
    ...(weightZeroPoint && { weightZeroPoint }),
  };
  const sums = qaccumulate2d.reference(inputs, { ...qaccumulate2d.defaults, stride, padding, dilation, groups } as never).y!;
  return Int32Array.from(sums.data, (v, i) => v + (bias?.dtype === "i32" ? bias.data[i % oc]! : 0));
}
