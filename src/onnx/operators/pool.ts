import { avgPool2d } from "../../ops/avgPool2d.ts";
import { maxPool2d } from "../../ops/maxPool2d.ts";
import { qmaxPool2d } from "../../ops/qmaxPool2d.ts";
import { int } from "../attributes.ts";
import type { Context } from "../context.ts";
import { operator } from "../operator.ts";
import { asImage, windowAttributes, windowOf } from "../window.ts";

function ceilMode(c: Context, value: number): boolean {
  if (value !== 0 && value !== 1) c.fail("bad-attribute", "ceil_mode is no flag", "0 or 1", String(value));
  return value === 1;
}

export const maxPool = operator({
  type: "MaxPool",
  inputs: [1, 1],
  attributes: { ...windowAttributes, ceil_mode: int(0), storage_order: int(0) },
  emit(c) {
    const x = c.input(0);
    c.expectType(x, "float", "int8", "uint8");
    const image = asImage(c, x);
    const attrs = { ...windowOf(c, x, c.attributes), ceilMode: ceilMode(c, c.attributes.ceil_mode) };
    image.output(0, c.emit(x.type === "float" ? maxPool2d : qmaxPool2d, { x: image.value }, attrs).y!);
  },
});

export const averagePool = operator({
  type: "AveragePool",
  inputs: [1, 1],
  attributes: { ...windowAttributes, ceil_mode: int(0), count_include_pad: int(0) },
  emit(c) {
    const x = c.input(0);
    c.expectType(x, "float");
    const image = asImage(c, x);
    const { dilation, ...window } = windowOf(c, x, c.attributes);
    if (dilation.some((d) => d !== 1)) c.unsupported("AveragePool with dilations");
    const attrs = { ...window, ceilMode: ceilMode(c, c.attributes.ceil_mode), countIncludePad: c.attributes.count_include_pad !== 0 };
    image.output(0, c.emit(avgPool2d, { x: image.value }, attrs).y!);
  },
});
