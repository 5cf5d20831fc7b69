/** Topic fake_quant: fake quantization per tensor and per channel, forward and gradient. */
import type { Backend } from "../../../src/backend/backend.ts";
import type { Attrs } from "../../../src/ops/index.ts";
import type { Tensor } from "../../../src/tensor/index.ts";
import { emitWithGradient, evaluate, f32s, i32s, type Adapter, type Adapters, type Results } from "../evaluate.ts";
import { absent, number, readAttrs, readInputs, tensorOf } from "../golden-case.ts";

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

export const fakeQuant: Adapters = new Map([
  ["fake_quantize_per_tensor_affine", perTensor],
  ["fake_quantize_per_channel_affine", perChannel],
  ["fake_quantize_learnable_per_tensor", learnable(false)],
  ["fake_quantize_learnable_per_channel", learnable(true)],
]);
