/** The order of nodes: as in the graph, but an op that works in place waits for the other readers of what it overwrites. */
import type { GraphNode } from "../../graph/graph.ts";
import type { Value, Variant } from "../../ops/op.ts";

/**
 * A stable topological order. Waiting spares the copy that the planner would make for later readers; where waiting is
 * impossible (a reader needs what the in-place op computes) the order stays and the planner copies.
 * @param root the value whose memory a value shares (aliases)
 * @param worthwhile whether the contents of this root may be overwritten at all
 */
export function schedule(
  nodes: readonly GraphNode[],
  variants: readonly Variant[],
  root: (value: Value) => Value,
  worthwhile: (root: Value) => boolean,
): readonly number[] {
  const producer = new Map<Value, number>();
  nodes.forEach((node, k) => Object.values(node.outputs).forEach((v) => producer.set(v, k)));
  const readers = new Map<Value, Set<number>>();
  /** By node: the nodes that must come after it. */
  const after = nodes.map(() => new Set<number>());
  nodes.forEach((node, k) => {
    for (const v of Object.values(node.inputs)) {
      const from = producer.get(v);
      if (from !== undefined) after[from]!.add(k);
      const r = root(v);
      readers.set(r, (readers.get(r) ?? new Set()).add(k));
    }
  });

  let moved = false;
  nodes.forEach((node, k) => {
    for (const source of Object.values(variants[k]!.inPlace ?? {})) {
      const r = root(node.inputs[source]!);
      const others = [...readers.get(r)!].filter((j) => j !== k);
      if (others.length === 0 || !worthwhile(r)) continue;
      const dependents = reach(after, k);
      if (others.some((j) => dependents.has(j))) continue;
      for (const j of others) after[j]!.add(k);
      moved ||= others.some((j) => j > k);
    }
  });
  const order = nodes.map((_, k) => k);
  return moved ? sorted(order, after) : order;
}

/** The nodes that must come after k, directly or not. */
function reach(after: readonly ReadonlySet<number>[], k: number): ReadonlySet<number> {
  const found = new Set<number>();
  const open = [k];
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const next of after[at]!) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(next);
    }
  return found;
}

/** Each node as soon as the ones before it are out, in the given order otherwise. */
function sorted(order: readonly number[], after: readonly ReadonlySet<number>[]): readonly number[] {
  const missing = order.map(() => 0);
  for (const set of after) for (const k of set) missing[k]!++;
  const result: number[] = [];
  /** Nodes that came up in order but had to wait; they follow at once when the last one they waited for is out. */
  const emit = (first: number): void => {
    const ready = [first];
    for (let k = ready.shift(); k !== undefined; k = ready.shift()) {
      result.push(k);
      const freed = [...after[k]!].filter((next) => --missing[next]! === 0 && waiting.delete(next));
      ready.unshift(...freed.sort((a, b) => a - b));
    }
  };
  const waiting = new Set<number>();
  for (const k of order) {
    if (missing[k] === 0) emit(k);
    else waiting.add(k);
  }
  return result;
}
