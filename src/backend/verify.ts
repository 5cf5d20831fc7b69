/**
 * Does one backend compute what another computes? Three questions, answered apart:
 * - node by node: each node of the actual run is compared with the expected backend's result for the inputs that the
 *   actual run had at that node. A float that is off by one ulp early on can so not show up as a wrong integer later,
 *   and a fault is blamed on the node that has it.
 * - over the whole graph: outputs of both backends for the same inputs, drift included.
 * - as deployed: the program with shared buffers must give, to the bit, what the program that keeps every value gives.
 */
import { bind, GraphBuilder, type Graph, type GraphNode } from "../graph/index.ts";
import { formatType, type Tensor } from "../tensor/index.ts";
import type { Backend, Inputs, Outputs } from "./backend.ts";
import { checkInputs } from "./sizes.ts";

export interface Difference {
  /** A value, or a graph output by its public name. */
  readonly name: string;
  readonly type: string;
  readonly elements: number;
  /** Elements whose bits differ; two NaN count as equal. */
  readonly differing: number;
  /** Floats only: largest |actual - expected| as a share of the largest |expected| in the tensor. */
  readonly relative: number;
  /** Floats only: most representable numbers between actual and expected. */
  readonly ulp: number;
  /** The first element that differs. */
  readonly first?: { readonly index: number; readonly actual: number; readonly expected: number };
}

export interface NodeReport {
  readonly node: string;
  readonly op: string;
  readonly outputs: readonly Difference[];
}

export interface Verification {
  /** In the order of the graph, each with the inputs of the actual run. */
  readonly nodes: readonly NodeReport[];
  /** Outputs of the whole graph, each backend on its own. */
  readonly outputs: readonly Difference[];
  /** Elements compared node by node, and how many integers and floats among them differ. */
  readonly elements: number;
  readonly differing: { readonly integers: number; readonly floats: number };
  /** Over all float values, node by node. */
  readonly relative: number;
  readonly ulp: number;
  /** The first node of which an integer differs, or else a float. */
  readonly firstDiffering: string | undefined;
  /** The deployed program gives the bits of the program that keeps every value: outputs and new states. */
  readonly deployedEqual: boolean;
  /** No integer differs in any node, and the deployed program is equal. */
  readonly integersExact: boolean;
  /** The same, and no float differs either. */
  readonly bitExact: boolean;
  toString(): string;
}

export async function verify(
  graph: Graph,
  inputs: Inputs,
  backends: { readonly actual: Backend; readonly expected: Backend },
): Promise<Verification> {
  const { actual, expected } = backends;
  const sizes = checkInputs(graph, inputs);
  const bound = bind(graph, sizes);
  const { outputs, states, values } = await runOnce(actual, bound, inputs, true);
  const nodes: NodeReport[] = [];
  for (const node of bound.nodes) {
    const want = await runNode(node, values, expected);
    nodes.push({
      node: node.name,
      op: node.op.name,
      outputs: node.op.outputs.map((key) => compare(node.outputs[key]!, values.get(node.outputs[key]!)!, want[key]!)),
    });
  }

  const wanted = (await runOnce(expected, bound, inputs)).outputs;
  const deployed = await runOnce(actual, bound, inputs);
  const deployedEqual =
    Object.entries(outputs).every(([name, t]) => compare(name, deployed.outputs[name]!, t).differing === 0) &&
    [...states].every(([name, t]) => compare(name, deployed.states.get(name)!, t).differing === 0);
  return summarize(
    nodes,
    Object.entries(outputs).map(([name, t]) => compare(name, t, wanted[name]!)),
    deployedEqual,
    `${actual.name} against ${expected.name}`,
  );
}

interface Run {
  readonly outputs: Outputs;
  readonly states: ReadonlyMap<string, Tensor>;
  /** All values where they were kept. */
  readonly values: ReadonlyMap<string, Tensor>;
}

async function runOnce(backend: Backend, graph: Graph, inputs: Inputs, keepAll = false): Promise<Run> {
  const compiled = await backend.compile(graph, { keepAll });
  try {
    const outputs = await compiled(inputs);
    return { outputs, states: await compiled.readStates(), values: keepAll ? await compiled.values() : new Map() };
  } finally {
    compiled.dispose();
  }
}

/** One node alone, as a graph of its own. */
async function runNode(node: GraphNode, values: ReadonlyMap<string, Tensor>, backend: Backend): Promise<Outputs> {
  const b = new GraphBuilder();
  const given: Record<string, Tensor> = {};
  const inputs: Record<string, string> = {};
  for (const [key, v] of Object.entries(node.inputs)) {
    const t = values.get(v)!;
    const name = `input ${key}`;
    given[name] = t;
    inputs[key] = b.input(name, { dtype: t.dtype, shape: t.shape });
  }
  b.add({ ...node, inputs });
  for (const key of node.op.outputs) b.output(key, node.outputs[key]!);
  return (await runOnce(backend, b.build(), given)).outputs;
}

const bits = new DataView(new ArrayBuffer(4));
/** f32 as integers in the same order, neighbours next to each other; -0 and 0 are one. */
function rank(x: number): number {
  bits.setFloat32(0, x);
  const i = bits.getInt32(0);
  return i < 0 ? -(i & 0x7fffffff) : i;
}

function compare(name: string, actual: Tensor, expected: Tensor): Difference {
  const float = expected.dtype === "f32";
  let [differing, error, largest, ulp, firstIndex] = [0, 0, 0, 0, -1];
  const [a, e] = [actual.data, expected.data];
  const same = actual.dtype === expected.dtype && a.length === e.length;
  for (let i = 0; i < e.length; i++) {
    const [x, y] = [same ? a[i]! : NaN, e[i]!];
    if (float && Number.isFinite(y)) largest = Math.max(largest, Math.abs(y));
    // Object.is tells -0 from 0 and takes NaN for NaN.
    if (Object.is(x, y)) continue;
    if (differing++ === 0) firstIndex = i;
    if (!float) continue;
    error = Math.max(error, Number.isFinite(x - y) ? Math.abs(x - y) : Infinity);
    ulp = Math.max(ulp, Number.isFinite(x - y) ? Math.abs(rank(x) - rank(y)) : Infinity);
  }
  return {
    name,
    type: formatType(expected),
    elements: e.length,
    differing,
    ulp,
    relative: error === 0 ? 0 : error / largest,
    ...(firstIndex >= 0 && { first: { index: firstIndex, actual: same ? a[firstIndex]! : NaN, expected: e[firstIndex]! } }),
  };
}

const isFloat = (d: Difference): boolean => d.type.startsWith("f32");

function summarize(nodes: readonly NodeReport[], outputs: readonly Difference[], deployedEqual: boolean, title: string): Verification {
  const all = nodes.flatMap((n) => n.outputs);
  const sum = (ds: readonly Difference[], of: (d: Difference) => number): number => ds.reduce((total, d) => total + of(d), 0);
  const differing = {
    integers: sum(
      all.filter((d) => !isFloat(d)),
      (d) => d.differing,
    ),
    floats: sum(all.filter(isFloat), (d) => d.differing),
  };
  const blame = (which: (d: Difference) => boolean): string | undefined =>
    nodes.find((n) => n.outputs.some((d) => d.differing > 0 && which(d)))?.node;
  const integersExact = differing.integers === 0 && deployedEqual;
  const result: Omit<Verification, "toString"> = {
    nodes,
    outputs,
    differing,
    deployedEqual,
    integersExact,
    elements: sum(all, (d) => d.elements),
    relative: all.reduce((m, d) => Math.max(m, d.relative), 0),
    ulp: all.reduce((m, d) => Math.max(m, d.ulp), 0),
    firstDiffering: blame((d) => !isFloat(d)) ?? blame(isFloat),
    bitExact: integersExact && differing.floats === 0,
  };
  return { ...result, toString: () => print(result, title) };
}

function print(v: Omit<Verification, "toString">, title: string): string {
  const verdict = v.bitExact ? "bit-exact" : v.integersExact ? "integers bit-exact" : "NOT equal";
  const describe = (d: Difference): string =>
    d.differing === 0
      ? "equal"
      : `${d.differing} of ${d.elements} differ${isFloat(d) ? `, by up to ${d.ulp} ulp, ${d.relative.toExponential(1)} of the largest value` : `, first [${d.first!.index}] ${d.first!.actual} for ${d.first!.expected}`}`;
  const rows = v.nodes.flatMap((n) => n.outputs.map((d) => [d.name, n.op, d.type, describe(d)]));
  rows.push(...v.outputs.map((d) => [d.name, "output, whole graph", d.type, describe(d)]));
  const widths = [0, 1, 2].map((c) => Math.max(...rows.map((r) => r[c]!.length), 0));
  const lines = rows.map(
    (r) =>
      `  ${r
        .slice(0, 3)
        .map((cell, c) => cell.padEnd(widths[c]!))
        .join("  ")}  ${r[3]}`,
  );
  return [
    `${title}: ${verdict}, ${v.nodes.length} nodes, ${v.elements} elements, ${v.differing.integers} integers and ${v.differing.floats} floats differ`,
    ...lines,
    `  deployed program: ${v.deployedEqual ? "equal to the verified one" : "NOT equal to the verified one"}`,
    ...(v.firstDiffering === undefined ? [] : [`  first node that differs: ${v.firstDiffering}`]),
  ].join("\n");
}
