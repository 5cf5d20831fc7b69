import { conv2d } from "../../ops/conv2d.ts";
import { reshape } from "../../ops/reshape.ts";
import { int } from "../attributes.ts";
import { channelsLast } from "../operand.ts";
import { operator } from "../operator.ts";
import { asImage, windowAttributes, windowOf, windowsOf } from "../window.ts";
import { convVolume } from "./volume.ts";

export const conv = operator({
  type: "Conv",
  inputs: [2, 3],
  attributes: { ...windowAttributes, group: int(1) },
  emit(c) {
    const [x, w, bias] = [c.input(0), c.input(1), c.optional(2)];
    c.expectType(x, "float");
    c.expectType(w, "float");
    c.expectRank(w, x.shape.length);
    c.expectGroups(c.attributes.group, x.shape[1]!, w.shape);
    const kernel = w.shape.slice(2).map(Number);
    if (kernel.length === 3) return convVolume(c, w, bias, windowsOf(c, x, c.attributes, kernel), c.attributes.group);
    const image = asImage(c, x);
    const { stride, dilation, padding } = windowOf(c, x, c.attributes, kernel);
    // OIHW -> OHWI; a single spatial axis is the width.
    const parameter = c.parameter(w, channelsLast(w.shape.length));
    const [oc, width, ic] = c.typeOf(parameter).shape as [number, number, number];
    const weight = kernel.length === 1 ? c.emit(reshape, { x: parameter }, { shape: [oc, 1, width, ic] }, "weight").y! : parameter;
    const inputs = { x: image.value, weight, bias: bias && c.parameter(bias) };
    image.output(0, c.emit(conv2d, inputs, { stride, dilation, padding, groups: c.attributes.group }).y!);
  },
});
