/** Topic fake_quant: fake quantization per tensor and per channel, with fixed and trained parameters, and to a weight grid; forward and gradient. */
import type { Backend } from "../../../src/backend/backend.ts";
import type { Attrs } from "../../../src/ops/index.ts";
import { channelsOf, weightGrid } from "../../../src/numerics/index.ts";
import { tensor, type Tensor } from "../../../src/tensor/index.ts";
import { emit, emitWithGradient, evaluate, f32s, i32s, type Adapter, type Adapters, type Results } from "../evaluate.ts";
import { absent, information, nullable, number, numbers, readAttrs, readInputs, tensorOf } from "../golden-case.ts";

type Named = Readonly<Record<"x" | "dy" | "scale" | "zeroPoint", Tensor>>;

async function run(backend: Backend, inputs: Named, attrs: Attrs): Promise<Results> {
  const outputs = await evaluate(backend, inputs, (b) => {
    const { outputs, gradients } = emitWithGradient(b, "fakeQuantize", { x: "x", scale: "scale", zeroPoint: "zeroPoint" }, attrs, {
      y: "dy",
    });
    return { y: outputs.y!, dx: gradients.x! };
  });
  return { outputs };
}

const perTensor: Adapter = (c, backend) => {
  const a = readAttrs(c, { scale: number, zero_point: number, quant_min: number, quant_max: number });
  const { x, dy } = readInputs(c, { x: "f32", dy: "f32" });
  const attrs = { quantMin: a.quant_min, quantMax: a.quant_max, axis: null };
  return run(backend, { x, dy, scale: f32s(a.scale), zeroPoint: i32s(a.zero_point) }, attrs);
};

const perChannel: Adapter = (c, backend) => {
  const a = readAttrs(c, { axis: number, quant_min: number, quant_max: number });
  const float = tensorOf(c, c.inputs.get("zero_point")!).dtype === "f32";
  const { x, dy, scale, zero_point: zeroPoint } = readInputs(c, { x: "f32", scale: "f32", zero_point: float ? "f32" : "i32", dy: "f32" });
  return run(backend, { x, dy, scale, zeroPoint }, { quantMin: a.quant_min, quantMax: a.quant_max, axis: a.axis });
};

/** Both directions use the rounded zero point: where PyTorch's per-tensor form does not, the golden data compares nothing. */
const learnable =
  (perChannel: boolean): Adapter =>
  async (c, backend) => {
    const a = readAttrs(c, { quant_min: number, quant_max: number, grad_factor: number, axis: perChannel ? number : absent });
    const { x, dy, scale, zero_point: zeroPoint } = readInputs(c, { x: "f32", scale: "f32", zero_point: "f32", dy: "f32" });
    const attrs = { quantMin: a.quant_min, quantMax: a.quant_max, axis: a.axis ?? null, gradFactor: a.grad_factor };
    const outputs = await evaluate(backend, { x, dy, scale, zeroPoint }, (b) => {
      const inputs = { x: "x", scale: "scale", zeroPoint: "zeroPoint" };
      const { outputs, gradients } = emitWithGradient(b, "learnableFakeQuantize", inputs, attrs, { y: "dy" });
      return { y: outputs.y!, dx: gradients.x!, dscale: gradients.scale!, dzero_point: gradients.zeroPoint! };
    });
    return { outputs };
  };

/** Scale, then the nearest level: minMax, chooseQparams over -max .. max, nearestLevel. */
const weightGridCase: Adapter = async (c, backend) => {
  const a = readAttrs(c, { axis: nullable(number), levels: numbers, scale_rule: information });
  const { w, dy } = readInputs(c, { w: "f32", dy: "f32" });
  const { levels, thresholds } = weightGrid(a.levels);
  const range = { quantMin: -levels.at(-1)!, quantMax: levels.at(-1)!, symmetric: true };
  const { axis } = a;
  const nothing = (value: number): Tensor => f32s(...new Array<number>(axis === null ? 1 : w.shape[axis]!).fill(value));
  const inputs = { w, dy, min: nothing(Infinity), max: nothing(-Infinity), levels: f32s(...levels), thresholds: f32s(...thresholds) };
  const outputs = await evaluate(backend, inputs, (b) => {
    const { minOut, maxOut } = emit(b, "minMax", { x: "w", min: "min", max: "max" }, { axis });
    const { scale } = emit(b, "chooseQparams", { min: minOut, max: maxOut }, range);
    const { outputs, gradients } = emitWithGradient(
      b,
      "nearestLevel",
      { x: "w", scale: scale!, levels: "levels", thresholds: "thresholds" },
      { axis },
      { y: "dy" },
    );
    return { scale: scale!, y: outputs.y!, dw: gradients.x! };
  });
  // y is level * scale, so that the quotient is the level but for a rounding.
  const { channels, inner } = channelsOf(w.shape, axis);
  const level = Int8Array.from(outputs.y!.data, (v, i) => Math.round(v / outputs.scale!.data[Math.floor(i / inner) % channels]!));
  return { outputs: { ...outputs, level: tensor("i8", w.shape, level) } };
};

export const fakeQuant: Adapters = new Map([
  ["fake_quantize_per_tensor_affine", perTensor],
  ["fake_quantize_per_channel_affine", perChannel],
  ["fake_quantize_learnable_per_tensor", learnable(false)],
  ["fake_quantize_learnable_per_channel", learnable(true)],
  ["log2_weight_grid", weightGridCase],
]);
