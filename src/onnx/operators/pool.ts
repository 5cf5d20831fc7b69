/** MaxPool and AveragePool over images of one to three spatial axes. */
import { avgPool2d } from "../../ops/avgPool2d.ts";
import { maxPool2d } from "../../ops/maxPool2d.ts";
import type { Value } from "../../ops/op.ts";
import { qmaxPool2d } from "../../ops/qmaxPool2d.ts";
import { int } from "../attributes.ts";
import type { Context } from "../context.ts";
import { operator } from "../operator.ts";
import { asImage, windowAttributes, windowOf, windowsOf, type OnnxWindow, type WindowAttributes } from "../window.ts";
import { places } from "./places.ts";
import { spreadAverage } from "./spreadAverage.ts";
import { poolVolume } from "./volume.ts";

function ceilMode(c: Context, value: number): boolean {
  if (value !== 0 && value !== 1) c.fail("bad-attribute", "ceil_mode is no flag", "0 or 1", String(value));
  return value === 1;
}

/** `emit` pools an image [n, h, w, c] and names the node so. */
function pool(c: Context, emit: (x: Value, window: OnnxWindow, name?: string) => Value): void {
  const x = c.input(0);
  const attributes = c.attributes as unknown as WindowAttributes;
  if (x.shape.length === 5) return poolVolume(c, windowsOf(c, x, attributes), emit);
  const image = asImage(c, x);
  image.output(0, emit(image.value, windowOf(c, x, attributes)));
}

export const maxPool = operator({
  type: "MaxPool",
  inputs: [1, 1],
  outputs: 2,
  attributes: { ...windowAttributes, ceil_mode: int(0), storage_order: int(0) },
  emit(c) {
    const x = c.input(0);
    c.expectType(x, "float", "int8", "uint8");
    const ceil = ceilMode(c, c.attributes.ceil_mode);
    const op = x.type === "float" ? maxPool2d : qmaxPool2d;
    pool(c, (value, window, name) => c.emit(op, { x: value }, { ...window, ceilMode: ceil }, name).y!);
    if (c.node.outputs[1]) places(c, c.attributes, ceil, c.attributes.storage_order === 0);
  },
});

export const averagePool = operator({
  type: "AveragePool",
  inputs: [1, 1],
  attributes: { ...windowAttributes, ceil_mode: int(0), count_include_pad: int(0) },
  emit(c) {
    c.expectType(c.input(0), "float");
    const [ceil, countIncludePad] = [ceilMode(c, c.attributes.ceil_mode), c.attributes.count_include_pad !== 0];
    pool(c, (x, { dilation, ...window }, name) => {
      if (dilation.every((d) => d === 1)) return c.emit(avgPool2d, { x }, { ...window, ceilMode: ceil, countIncludePad }, name).y!;
      return spreadAverage(c, x, { dilation, ...window }, { ceil, countIncludePad, name });
    });
  },
});
