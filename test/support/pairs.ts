/** Random operands of ops of two tensors that are broadcast. */
import type { Random } from "../../src/numerics/random.ts";
import { CHANNELS } from "./quantized.ts";

/** Two shapes: equal, or either side or both broadcast, along any axes, up to 6 of them. */
export function randomShapes(r: Random): readonly [readonly number[], readonly number[]] {
  const outer = Array.from({ length: r.int(0, 5) }, () => r.int(1, 3));
  // Sometimes rows enough to share vec4s.
  if (outer.length > 0 && r.int(0, 2) === 0) outer[outer.length - 1] = r.pick([4, 8, 10, 16]);
  const shape = [...outer, r.pick([...CHANNELS, 4, 8, 15, 16, 18, 24, 40, 61])];
  if (r.int(0, 2) === 0) return [shape, shape];
  const side = (): number[] => shape.map((d) => (r.int(0, 2) === 0 ? 1 : d)).slice(r.int(0, 1) * r.int(0, outer.length));
  return [side(), side()];
}
