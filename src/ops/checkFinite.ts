/**
 * firstBadOut = firstBad where that is not 0, else step where x holds NaN or Inf, else 0: the first step at which x went
 * bad, 0 = never. x f32 of any shape, firstBad and step i32 [1]. Steps count from 1. Bits are tested, for comparisons with
 * NaN are not reliable on GPUs.
 */
import shader from "../../shaders/checkFinite.wgsl";
import { expectDType, expectShape } from "./check.ts";
import { f32Data, i32Data } from "./host.ts";
import { dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";
import { numel, scalar } from "../tensor/index.ts";

/** Elements that one invocation looks at. */
const RUN = 64;

export const checkFinite: OpDef = {
  name: "checkFinite",
  inputs: ["x", "firstBad", "step"],
  outputs: ["firstBadOut"],
  quantization: "float",

  infer({ x, firstBad, step }, _attrs, where) {
    expectDType(where, "x", x!, "f32");
    for (const [name, t] of Object.entries({ firstBad: firstBad!, step: step! })) {
      expectDType(where, name, t, "i32");
      expectShape(where, name, t, [1], "must be a scalar");
    }
    return { firstBadOut: firstBad! };
  },

  reference(t) {
    const before = i32Data(t.firstBad)[0]!;
    const bad = before === 0 && f32Data(t.x).some((v) => !Number.isFinite(v));
    return { firstBadOut: scalar("i32", bad ? i32Data(t.step)[0]! : before) };
  },

  kernel(types, _attrs, device) {
    const elements = numel(types.x!.shape);
    const threads = Math.ceil(elements / RUN);
    return [
      {
        name: "inPlace",
        inPlace: { firstBadOut: "firstBad" },
        calls: [{ shader, params: { elements, threads }, workgroups: dispatch1d(threads, 64, device) }],
      },
    ];
  },
};
