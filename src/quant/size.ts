import type { Graph } from "../graph/index.ts";
import type { Tensor } from "../tensor/index.ts";

/**
 * Bytes that saving the graph takes: its parameters, observed ranges left out, and its constants. f32 and i32 count 4 bytes,
 * 8-bit integers 1. An 8-bit constant whose values all fit 4 bits (-8..7) counts half a byte a value, as it can be stored 8
 * to a word. In a converted graph that is packed weights with their padding, and per channel a bias, a multiplier, an
 * exponent and the sum of the weights.
 */
export function weightBytes(graph: Graph): number {
  const saved = [
    ...[...graph.states.values()].filter((s) => s.role === "parameter" || s.role === "buffer").map((s) => s.tensor),
    ...graph.constants.values(),
  ];
  return saved.reduce((sum, t) => sum + bytesOf(t), 0);
}

function bytesOf({ dtype, data }: Tensor): number {
  if (dtype !== "i8" && dtype !== "u8") return 4 * data.length;
  const narrow = dtype === "i8" && data.every((v: number) => v >= -8 && v <= 7);
  return narrow ? 4 * Math.ceil(data.length / 8) : data.length;
}
