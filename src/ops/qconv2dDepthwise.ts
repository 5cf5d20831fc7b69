/** Kernel plans of an integer convolution in which each channel has its own weights and none is read twice. */
import windowShader from "../../shaders/qconv2dDepthwise.wgsl";
import threeShader from "../../shaders/qconv2dDepthwise3.wgsl";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { KernelCall, Shader, Variant } from "./op.ts";
import { geometryOf, packing, productBindings, productConstants, type Layer } from "./qconvolution.ts";
import { requantizeParams } from "./requantized.ts";

/** Rows of a thread: they share what it knows of its channels. A GPU has more threads than rows, a CPU does not. At most 32. */
const SOFTWARE_ROWS = 14;

export function depthwiseVariants({ types, attrs, device, shape }: Layer): readonly Variant[] {
  const { oc, ocGroup, icGroup, words } = packing(shape);
  const params = { ...geometryOf(shape), words, oc, ocGroup, icGroup, ...requantizeParams(attrs) };
  const { icWords, oh, ow, sh, sw, dh, dw } = params;
  const [kh, kw] = shape.window.kernel as [number, number];
  const variant = (name: string, when: boolean, shader: Shader, rows: number, constants: KernelCall["constants"]): Variant => {
    const ROWS = device.software ? SOFTWARE_ROWS : rows;
    const threads = shape.x[0]! * ceilDiv(oh, ROWS) * ceilDiv(ow, 4) * icWords;
    const call = {
      shader,
      constants: { ...productConstants(types, attrs), ...constants, ROWS },
      params,
      bindings: productBindings(types, "weightZeroPoint"),
      workgroups: dispatch1d(threads, 64, device),
    };
    return { name, when, calls: [call] };
  };
  const three = kh === 3 && kw === 3 && dh === 1 && dw === 1 && sh === sw && sw <= 2;
  return [
    variant("depthwise 3x3", three, threeShader, 4, { STRIDE: sw }),
    variant("depthwise 4x4", true, windowShader, 1, { SLIDING: sw === 1 && dw === 1, deep: kh * kw > 256 }),
  ];
}
