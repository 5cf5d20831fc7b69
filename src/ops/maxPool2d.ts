/**
 * y[n, oy, ox, c] = max over ky, kx of x[n, oy sh - top + ky dh, ox sw - left + kx dw, c]; padding never wins, NaN always
 * does. x f32 [n, h, w, c], y [n, oh, ow, c]; padding is [top, bottom, left, right], such that every window meets the image.
 * ceilMode adds a last window that sticks out, if it begins in the image or before it. The gradient goes to the first maximum
 * in row-major order (PyTorch).
 */
import shader from "../../shaders/maxPool2d.wgsl";
import axisShader from "../../shaders/maxPool2dAxis.wgsl";
import vec4AxisShader from "../../shaders/maxPool2dAxisVec4.wgsl";
import downShader from "../../shaders/maxPool2dDown.wgsl";
import vec4DownShader from "../../shaders/maxPool2dDownVec4.wgsl";
import vec4Shader from "../../shaders/maxPool2dVec4.wgsl";
import { f32Data } from "./host.ts";
import { maxPool2dBackward } from "./maxPool2dBackward.ts";
import { maxPool2dWinners } from "./maxPool2dWinners.ts";
import { keepsWinners } from "./maxPoolWinners.ts";
import type { OpDef } from "./op.ts";
import { downCall, forEachMaximum, inferPool2d, isDown, maxPool2dDefaults, poolParams, runVariants, type MaxPool2dAttrs } from "./pool.ts";
import { isLarge, largeVariant } from "./poolAxis.ts";
import { sizes, zeros } from "../tensor/index.ts";
import { lowerMaxPool2d } from "./qmaxPool2d.ts";

export const maxPool2d: OpDef<MaxPool2dAttrs> = {
  name: "maxPool2d",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "sharesInput",
  defaults: maxPool2dDefaults,

  infer: ({ x }, attrs, where) => ({ y: inferPool2d(x!, attrs, where, "f32") }),

  reference(t, attrs) {
    const y = zeros("f32", sizes(inferPool2d(t.x!, attrs, "maxPool2d", "f32").shape));
    const [x, out] = [f32Data(t.x), y.data];
    forEachMaximum(x, t.x!.shape, y.shape, attrs, (to, from) => (out[to] = x[from]!));
    return { y };
  },

  grad: (b, { inputs, attrs }, { y: dy }) => ({ x: dy ? b.emit(maxPool2dBackward, { dy, x: inputs.x }, attrs).dx! : null }),

  keeping: (attrs) => (keepsWinners(attrs) ? maxPool2dWinners : undefined),

  lower: lowerMaxPool2d,

  kernel({ x }, attrs, device) {
    const [from, to] = [sizes(x!.shape), sizes(inferPool2d(x!, attrs, "maxPool2d", "f32").shape)];
    const params = poolParams(from, to, { window: attrs });
    const down = params.channels % 4 === 0 ? vec4DownShader : downShader;
    return [
      ...(isDown(attrs) ? [{ name: "down", calls: [downCall(down, to[0]!, params, attrs, {}, device)] }] : []),
      ...(isLarge(attrs) && !isDown(attrs) ? [largeVariant(vec4AxisShader, axisShader, to[0]!, params, attrs, device)] : []),
      ...runVariants(vec4Shader, shader, to[0]!, params, attrs, {}, device),
    ];
  },
};
