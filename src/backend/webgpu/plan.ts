/**
 * The memory plan: which buffer holds each value, which kernels run in which order, where a copy is needed. Pure data
 * from a bound graph and the variants chosen for its nodes; touches no GPU.
 *
 * A value lives in a storage. Alias outputs share the storage of their input. An in-place output takes over the storage
 * of its input where nobody reads the old contents later, and gets a copy of it otherwise. A state is one persistent
 * storage: all reads in a run see its old contents, so the new contents are written there directly only after the last
 * reader, and are copied there at the end otherwise.
 */
import type { Graph, GraphNode } from "../../graph/graph.ts";
import type { KernelCall, Value, Variant } from "../../ops/op.ts";
import { storageBytes, type TensorType } from "../../tensor/index.ts";
import { schedule } from "./schedule.ts";
import { assign, lowerBound, type Interval } from "./pool.ts";

/** Where bytes lie: in the buffer of a state, constant or input, or in a buffer of the pool. */
export type Place =
  { readonly kind: "state" | "constant" | "input"; readonly name: Value } | { readonly kind: "pool"; readonly index: number };

export interface Located {
  readonly place: Place;
  readonly type: TensorType;
}

export type Step =
  /** `memory` gives the place of each input, output and scratch value of the op. */
  | { readonly kind: "call"; readonly node: GraphNode; readonly call: KernelCall; readonly memory: ReadonlyMap<string, Located> }
  | { readonly kind: "copy"; readonly why: string; readonly from: Located; readonly to: Located };

export interface Plan {
  readonly steps: readonly Step[];
  /** Bytes of each pool buffer. */
  readonly pool: readonly number[];
  /** Where values can be read after a run: graph outputs, with `keepAll` every value. */
  readonly readable: ReadonlyMap<Value, Located>;
  readonly peakBytes: number;
  readonly lowerBoundBytes: number;
}

/** Memory under plan. `to` is the last step that needs the contents; `place` stays open for pool storages until the end. */
interface Storage extends Interval {
  fixed?: Exclude<Place, { kind: "pool" }>;
  from: number;
  to: number;
}

type Draft =
  | { node: GraphNode; call: KernelCall; memory: Map<string, [Storage, TensorType]> }
  | { why: string; from: Storage; to: Storage; type: TensorType };

/** @param choose the variant of each node, by node name. Types in the graph are bound. */
export function plan(graph: Graph, choose: (node: GraphNode) => Variant, options: { readonly keepAll?: boolean } = {}): Plan {
  const { types, updates } = graph;
  const end = graph.nodes.length;
  const { nodes, variants, root, lastRead } = liveness(graph, graph.nodes.map(choose), options.keepAll ?? false);
  const readUntil = (value: Value, from: number): number => lastRead.get(root.get(value)!) ?? from;

  const storages: Storage[] = [];
  const create = (type: TensorType, from: number, to: number, fixed?: Storage["fixed"]): Storage => {
    const s: Storage = { bytes: storageBytes(type), from, to, ...(fixed ? { fixed } : {}) };
    if (!fixed) storages.push(s);
    return s;
  };
  /** By root. */
  const home = new Map<Value, Storage>();
  const sources = [
    ["input", graph.inputs],
    ["state", graph.states.keys()],
    ["constant", graph.constants.keys()],
  ] as const;
  for (const [kind, names] of sources)
    for (const name of names) home.set(name, create(types.get(name)!, -1, readUntil(name, -1), { kind, name }));
  const homeOf = (value: Value): Storage => home.get(root.get(value)!)!;

  const writable = (s: Storage): boolean => s.fixed === undefined || replaceable(graph, s.fixed.name);
  /** The states that each value replaces: such a value may be computed right where the state lies. */
  const replaces = new Map<Value, Value[]>();
  for (const [state, value] of updates) replaces.set(value, [...(replaces.get(value) ?? []), state]);

  const drafts: Draft[] = [];
  nodes.forEach((node, k) => {
    const variant = variants[k]!;
    const memory = new Map<string, [Storage, TensorType]>();
    for (const [name, value] of Object.entries(node.inputs)) memory.set(name, [homeOf(value), types.get(value)!]);
    for (const name of node.op.outputs) {
      const value = node.outputs[name]!;
      const type = types.get(value)!;
      const until = readUntil(value, k);
      const source = variant.inPlace?.[name];
      if (root.get(value) === value && source !== undefined) {
        const old = homeOf(node.inputs[source]!);
        const otherUses = Object.entries(node.inputs).some(([input, v]) => input !== source && homeOf(v) === old);
        const taken = node.op.outputs.some((o) => o !== name && memory.get(o)?.[0] === old);
        if (old.to <= k && !otherUses && !taken && writable(old)) {
          old.to = until;
          home.set(value, old);
        } else {
          const copy = create(type, k, until);
          home.set(value, copy);
          drafts.push({ why: `${node.name} works in place on ${node.inputs[source]!}, which is needed later`, from: old, to: copy, type });
          memory.set(source, [copy, type]);
        }
      } else if (root.get(value) === value) {
        const state = (replaces.get(value) ?? []).find((s) => home.get(s)!.to < k);
        const target = state === undefined ? undefined : home.get(state)!;
        if (target) target.to = end;
        home.set(value, target ?? create(type, k, until));
      }
      memory.set(name, [homeOf(value), type]);
    }
    for (const [name, type] of Object.entries(variant.scratch ?? {})) memory.set(name, [create(type, k, k), type]);
    for (const call of variant.calls) drafts.push({ node, call, memory });
  });

  const moves = [...updates]
    .map(([state, value]) => ({ why: `update ${state}`, from: homeOf(value), to: home.get(state)!, type: types.get(state)! }))
    .filter((m) => m.from !== m.to);
  const overwritten = new Set(moves.map((m) => m.to));
  const readable = new Map<Value, [Storage, TensorType]>();
  for (const value of options.keepAll ? types.keys() : graph.outputs.values()) {
    const s = homeOf(value);
    const type = types.get(value)!;
    if (!overwritten.has(s)) readable.set(value, [s, type]);
    else if (!readable.has(value)) {
      // What is read after the run is the old contents of a state that an update replaces: keep them aside.
      const kept = create(type, end, end);
      drafts.push({ why: `keep ${value}`, from: s, to: kept, type });
      readable.set(value, [kept, type]);
    }
  }
  drafts.push(...sequence(moves, (type) => create(type, end, end)));

  const { buffers, sizes } = assign(storages);
  const index = new Map(storages.map((s, i) => [s, buffers[i]!]));
  const locate = (s: Storage, type: TensorType): Located => ({ place: s.fixed ?? { kind: "pool", index: index.get(s)! }, type });
  return {
    steps: drafts.map((d) =>
      "call" in d
        ? { kind: "call", node: d.node, call: d.call, memory: new Map([...d.memory].map(([name, [s, t]]) => [name, locate(s, t)])) }
        : { kind: "copy", why: d.why, from: locate(d.from, d.type), to: locate(d.to, d.type) },
    ),
    pool: sizes,
    readable: new Map([...readable].map(([v, [s, t]]) => [v, locate(s, t)])),
    peakBytes: sizes.reduce((a, b) => a + b, 0),
    lowerBoundBytes: lowerBound(storages, end),
  };
}

/** Contents may be overwritten: constants never, states only where an update replaces what they hold anyway. */
const replaceable = (graph: Graph, source: Value): boolean =>
  !graph.constants.has(source) && (!graph.states.has(source) || graph.updates.has(source));

interface Liveness {
  /** In the order in which they run. */
  readonly nodes: readonly GraphNode[];
  readonly variants: readonly Variant[];
  /** The value whose storage each value shares through aliases. */
  readonly root: ReadonlyMap<Value, Value>;
  /** The last step that reads each root; the number of nodes where it is read after the run. */
  readonly lastRead: ReadonlyMap<Value, number>;
}

function liveness(graph: Graph, chosen: readonly Variant[], keepAll: boolean): Liveness {
  const root = new Map<Value, Value>();
  for (const v of [...graph.inputs, ...graph.states.keys(), ...graph.constants.keys()]) root.set(v, v);
  graph.nodes.forEach((node, k) => {
    for (const [output, v] of Object.entries(node.outputs)) {
      const source = chosen[k]!.alias?.[output];
      root.set(v, source === undefined ? v : root.get(node.inputs[source]!)!);
    }
  });
  const atEnd = new Set(
    [...(keepAll ? graph.types.keys() : [...graph.outputs.values(), ...graph.updates.values()])].map((v) => root.get(v)!),
  );
  const order = schedule(
    graph.nodes,
    chosen,
    (v) => root.get(v)!,
    (r) => !atEnd.has(r) && replaceable(graph, r),
  );
  const nodes = order.map((k) => graph.nodes[k]!);
  const lastRead = new Map<Value, number>();
  nodes.forEach((node, k) => Object.values(node.inputs).forEach((v) => lastRead.set(root.get(v)!, k)));
  for (const r of atEnd) lastRead.set(r, nodes.length);
  return { nodes, variants: order.map((k) => chosen[k]!), root, lastRead };
}

type Move = { why: string; from: Storage; to: Storage; type: TensorType };

/** Moves that happen at once, as copies one after the other: nothing is overwritten before it was read. */
function sequence(moves: readonly Move[], temporary: (type: TensorType) => Storage): Move[] {
  let pending = [...moves];
  const done: Move[] = [];
  while (pending.length > 0) {
    const free = pending.find((m) => !pending.some((other) => other !== m && other.from === m.to));
    if (free) {
      done.push(free);
      pending = pending.filter((m) => m !== free);
      continue;
    }
    // Only cycles are left (two states that swap): set one of the contents aside.
    const { from, type } = pending[0]!;
    const aside = temporary(type);
    done.push({ why: "break a cycle of updates", from, to: aside, type });
    pending = pending.map((m) => (m.from === from ? { ...m, from: aside } : m));
  }
  return done;
}
