/**
 * y[n, oy, ox, c] = the maximum of x over the window; padding never wins, NaN always does. x f32 [n, h, w, c], y
 * [n, oh, ow, c]; padding is [top, bottom, left, right], each smaller than the kernel, so that every window holds at least
 * one value. The gradient goes to the first maximum in row-major order (PyTorch).
 */
import shader from "../../shaders/maxPool2d.wgsl";
import pairsShader from "../../shaders/maxPool2dPairs.wgsl";
import { f32Data } from "./host.ts";
import { maxPool2dBackward } from "./maxPool2dBackward.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";
import { forEachMaximum, inferMaxPool2d, isPairs, poolParams, type MaxPool2dAttrs } from "./pool.ts";
import { sizes, zeros } from "../tensor/index.ts";
import { lowerMaxPool2d } from "./qmaxPool2d.ts";

export const maxPool2d: OpDef<MaxPool2dAttrs> = {
  name: "maxPool2d",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "sharesInput",
  defaults: { padding: [0, 0, 0, 0] },

  infer: ({ x }, attrs, where) => ({ y: inferMaxPool2d(x!, attrs, where, "f32") }),

  reference(t, attrs) {
    const y = zeros("f32", sizes(inferMaxPool2d(t.x!, attrs, "maxPool2d", "f32").shape));
    const [x, out] = [f32Data(t.x), y.data];
    forEachMaximum(x, t.x!.shape, y.shape, attrs, (to, from) => (out[to] = x[from]!));
    return { y };
  },

  grad: (b, { inputs, attrs }, { y: dy }) => ({ x: dy ? b.emit(maxPool2dBackward, { dy, x: inputs.x }, attrs).dx! : null }),

  lower: lowerMaxPool2d,

  kernel({ x }, attrs, device) {
    const n = x!.shape[0] as number;
    const params = poolParams(sizes(x!.shape), sizes(inferMaxPool2d(x!, attrs, "maxPool2d", "f32").shape), attrs);
    const { height, width, inHeight, inWidth } = params;
    const [vectors, pixels] = [ceilDiv(params.channels, 4), n * height * width];
    const threads = pixels * vectors;
    const workgroups = dispatch1d(threads, 64, device);
    return [
      {
        name: "pairs",
        when: isPairs(attrs) && params.channels % 4 === 0,
        calls: [{ shader: pairsShader, params: { threads, height, width, inHeight, inWidth, vectors }, workgroups }],
      },
      { name: "windows", calls: [{ shader, params: { threads, ...params }, workgroups }] },
    ];
  },
};
