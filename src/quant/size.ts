import type { Graph } from "../graph/index.ts";
import { storageBytes } from "../tensor/index.ts";

/**
 * Bytes that the saved values of a graph take: its parameters, observed ranges left out, and its constants, as the storage
 * rule lays them out. f32 and i32 count 4 bytes; 8-bit integers 1, four to a word. Weights of fewer than 8 bits are kept in
 * bytes for now, so they count 1 too. In a converted graph that is packed weights with their padding, and per channel a bias,
 * a multiplier, an exponent and the sum of the weights.
 */
export function weightBytes(graph: Graph): number {
  const saved = [
    ...[...graph.states.values()].filter((s) => s.role === "parameter" || s.role === "buffer").map((s) => s.tensor),
    ...graph.constants.values(),
  ];
  return saved.reduce((sum, t) => sum + storageBytes(t), 0);
}
