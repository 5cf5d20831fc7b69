/** y = x + 1: how a graph counts its steps. x and y i32 [1]; beyond 2^31 - 1 it wraps to -2^31. */
import shader from "../../shaders/increment.wgsl";
import { expectDType, expectShape } from "./check.ts";
import { i32Data } from "./host.ts";
import type { OpDef } from "./op.ts";
import { tensor } from "../tensor/index.ts";

export const increment: OpDef = {
  name: "increment",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "float",

  infer({ x }, _attrs, where) {
    expectDType(where, "x", x!, "i32");
    expectShape(where, "x", x!, [1], "must be a scalar");
    return { y: x! };
  },

  reference: ({ x }) => ({ y: tensor("i32", [1], Int32Array.of(i32Data(x)[0]! + 1)) }),

  kernel: () => [{ name: "inPlace", inPlace: { y: "x" }, calls: [{ shader, workgroups: [1, 1, 1] }] }],
};
