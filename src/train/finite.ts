/** NaN and Inf in what lies on the host, by their bits. */
import type { State } from "../graph/index.ts";

const LARGEST = 0x7f7fffff;
const INFINITY = 0x7f800000;

/**
 * The first state that holds NaN, or Inf where that is none of its values: an observer that saw nothing yet has the range
 * +Inf .. -Inf.
 */
export function notFinite(states: Iterable<readonly [string, State]>): string | undefined {
  for (const [name, { role, tensor }] of states) {
    if (tensor.dtype !== "f32") continue;
    const { buffer, byteOffset, length } = tensor.data;
    const bits = new Uint32Array(buffer, byteOffset, length);
    const most = role === "observer" ? INFINITY : LARGEST;
    for (let i = 0; i < length; i++) if ((bits[i]! & 0x7fffffff) > most) return name;
  }
  return undefined;
}
