/**
 * y = x0, x1, ... x5 (1 to 6 of them) one after the other along `axis`, negative from the end. f32, shapes equal but for the
 * axis. The gradient of each input is its slice of dy.
 */
import { joining, partsOf } from "./join.ts";
import type { Value } from "./op.ts";
import { lowerConcat } from "./qconcat.ts";
import { slice } from "./slice.ts";

export const concat = joining("concat", ["f32"], {
  quantization: "own",
  unifiesScales: true,
  lower: lowerConcat,

  grad(b, { inputs, attrs }, { y: dy }): Readonly<Record<string, Value>> {
    if (!dy) return {};
    const types = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, b.type(value)]));
    const { axis, parts } = partsOf("concat", types, attrs);
    if (parts.length === 1) return { x0: dy };
    return Object.fromEntries(
      parts.map(({ name, to, length }) => [name, b.emit(slice, { x: dy }, { axis, start: to, end: to + length }).y!]),
    );
  },
});
