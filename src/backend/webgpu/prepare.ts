/** Everything about a program that can be decided without a GPU: variants, memory plan, checked kernel calls, Params. */
import { DeviceError } from "../../errors.ts";
import { nodeWhere, type Graph, type GraphNode } from "../../graph/index.ts";
import { dispatch1d } from "../../ops/kernel.ts";
import type { DeviceInfo, KernelCall, Types, Variant } from "../../ops/op.ts";
import { storageWords } from "../../tensor/index.ts";
import copyShader from "../../../shaders/backend/copy.wgsl";
import { resolveCall, type ResolvedCall } from "./call.ts";
import { plan, type Located, type Plan, type Step } from "./plan.ts";
import { estimate } from "./work.ts";

/** Picks among the variants that apply; the first by default. */
export type Choose = (node: GraphNode, variants: readonly Variant[]) => Variant;

export interface PreparedCall {
  /** The node's name, or what a copy is for. */
  readonly label: string;
  readonly where: string;
  readonly resolved: ResolvedCall;
  /** Of every name that a binding may stand for. */
  readonly memory: ReadonlyMap<string, Located>;
  /** Where its Params lie in the one uniform buffer. */
  readonly paramsOffset: number;
  /** Multiply-adds, roughly. */
  readonly work: number;
}

export interface Prepared {
  readonly plan: Plan;
  readonly calls: readonly PreparedCall[];
  /** All Params of all calls, each at an offset that a binding may have. */
  readonly params: Uint8Array<ArrayBuffer>;
}

/** @throws DeviceError when an op has no kernel for this device or a kernel plan does not fit its shader. */
export function prepare(
  graph: Graph,
  info: DeviceInfo,
  alignment: number,
  options: { readonly keepAll?: boolean; readonly choose?: Choose } = {},
): Prepared {
  const variants = new Map(graph.nodes.map((node) => [node.name, variantOf(graph, node, info, options.choose)]));
  const planned = plan(graph, (node) => variants.get(node.name)!, options);
  let offset = 0;
  const calls = planned.steps.flatMap((step): PreparedCall | [] => {
    const { label, where, call, memory } = describe(step, info);
    const resolved = resolveCall(where, call, new Set(memory.keys()), info);
    if (resolved.workgroups.includes(0)) return [];
    const paramsOffset = offset;
    if (resolved.params) offset += Math.ceil(resolved.params.byteLength / alignment) * alignment;
    return { label, where, resolved, memory, paramsOffset, work: estimate([...memory.values()].map((m) => m.type)) };
  });
  const params = new Uint8Array(offset);
  for (const { resolved, paramsOffset } of calls) if (resolved.params) params.set(resolved.params, paramsOffset);
  return { plan: planned, calls, params };
}

function variantOf(graph: Graph, node: GraphNode, info: DeviceInfo, choose: Choose | undefined): Variant {
  const types: Types = Object.fromEntries(Object.entries(node.inputs).map(([key, v]) => [key, graph.types.get(v)!]));
  const variants = node.op.kernel(types, node.attrs, info).filter((v) => v.when !== false);
  const chosen = choose && variants.length > 0 ? choose(node, variants) : variants[0];
  if (!chosen)
    throw new DeviceError({
      code: "no-kernel",
      where: nodeWhere(node.op, node.name),
      problem: "no kernel of the op takes these shapes on this device",
      remedy: "Use cpu() for this graph",
    });
  return chosen;
}

type Described = { label: string; where: string; call: KernelCall; memory: ReadonlyMap<string, Located> };

function describe(step: Step, info: DeviceInfo): Described {
  if (step.kind === "call")
    return { label: step.node.name, where: nodeWhere(step.node.op, step.node.name), call: step.call, memory: step.memory };
  const memory = new Map([
    ["source", step.from],
    ["destination", step.to],
  ]);
  const words = Math.max(1, storageWords(step.to.type));
  return { label: step.why, where: `copy (${step.why})`, call: { shader: copyShader, workgroups: dispatch1d(words, 64, info) }, memory };
}
