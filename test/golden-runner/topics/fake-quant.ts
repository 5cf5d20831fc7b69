/** Topic fake_quant: fake quantization per tensor and per channel, forward and gradient. */
import type { Backend } from "../../../src/backend/backend.ts";
import type { Attrs } from "../../../src/ops/index.ts";
import type { Tensor } from "../../../src/tensor/index.ts";
import { emitWithGradient, evaluate, f32s, i32s, type Adapter, type Adapters, type Results } from "../evaluate.ts";
import { number, readAttrs, readInputs } from "../golden-case.ts";

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
  // A float zero point is refused here by its element type: numerics round before adding an integer zero point.
  const { x, dy, scale, zero_point: zeroPoint } = readInputs(c, { x: "f32", scale: "f32", zero_point: "i32", dy: "f32" });
  return run(backend, { x, dy, scale, zeroPoint }, { quantMin: a.quant_min, quantMax: a.quant_max, axis: a.axis });
};

export const fakeQuant: Adapters = new Map([
  ["fake_quantize_per_tensor_affine", perTensor],
  ["fake_quantize_per_channel_affine", perChannel],
]);
