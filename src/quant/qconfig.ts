/** How a net is quantized: a qconfig for all of it, or a mapping of rules. Plain values; nothing here touches a graph. */
import { QuantizationError, UsageError } from "../errors.ts";
import type { Graph, GraphNode } from "../graph/index.ts";
import { quantRange } from "../numerics/index.ts";
import { minMax as minMaxOp } from "../ops/minMax.ts";
import { movingAverageMinMax } from "../ops/movingAverageMinMax.ts";
import type { NodeQuantization, ObserverSpec } from "../passes/index.ts";

export type { ObserverSpec };

/** The range is everything that was ever seen. */
export const minMax = (): ObserverSpec => ({ op: minMaxOp, attrs: {} });

/** The range follows each batch by the share `averagingConstant`; the first batch sets it. */
export const movingAverage = ({ averagingConstant = 0.01 }: { readonly averagingConstant?: number } = {}): ObserverSpec => ({
  op: movingAverageMinMax,
  attrs: { averagingConstant },
});

export interface QConfig {
  readonly weights: NodeQuantization["weights"];
  /** Without an observer: minMax for calibration, movingAverage for training. */
  readonly activations: Omit<NodeQuantization["activations"], "observer"> & { readonly observer?: ObserverSpec };
}

export interface Int8Options {
  /** 2 to 8: of 2, symmetric i8 are -1, 0, 1, others 4 values. Stored in 8 bits and computed by the same kernels. Default 8. */
  readonly weightBits?: number;
  /** 2 to 8. Default 8. */
  readonly activationBits?: number;
  /** Signed or unsigned integers for activations. Default i8. */
  readonly activationDtype?: "i8" | "u8";
  /** Signed or unsigned integers for weights. Default i8. */
  readonly weightDtype?: "i8" | "u8";
  /** A scale per output channel of a weight. Default true. */
  readonly perChannel?: boolean;
  /** Weights are as fine above zero as below, and zero is the middle. Default true; else each range has a zero point of its own. */
  readonly symmetricWeights?: boolean;
  /** How ranges of activations are found. */
  readonly activations?: ObserverSpec;
  /** Activations likewise. Default false. */
  readonly symmetricActivations?: boolean;
  /** Activations use half of their range, as PyTorch's nets for x86 do. Nothing here needs it. Default false. */
  readonly reduceRange?: boolean;
}

/** 8-bit integers, or fewer bits in the same container. @throws QuantizationError for a bit width or type that does not exist */
export function int8({
  weightBits = 8,
  activationBits = 8,
  activationDtype = "i8",
  weightDtype = "i8",
  perChannel = true,
  symmetricWeights = true,
  activations,
  symmetricActivations = false,
  reduceRange = false,
}: Int8Options = {}): QConfig {
  // A symmetric signed range needs as many steps below zero as above.
  const range = (bits: number, dtype: "i8" | "u8", symmetric: boolean) => ({
    ...quantRange(bits, { signed: isSigned(dtype), narrow: symmetric }),
    symmetric,
  });
  return {
    weights: { ...range(weightBits, weightDtype, symmetricWeights), perChannel },
    activations: { ...range(activationBits - Number(reduceRange), activationDtype, symmetricActivations), observer: activations },
  };
}

function isSigned(dtype: string): boolean {
  if (dtype !== "i8" && dtype !== "u8")
    throw new QuantizationError({ code: "bad-dtype", where: "int8", problem: "there is no such type", expected: "i8 or u8", got: dtype });
  return dtype === "i8";
}

export interface PredicateRule {
  readonly where: (node: GraphNode) => boolean;
  readonly config: QConfig | null;
}

export interface QConfigMapping {
  readonly rules: Readonly<Record<string, QConfig | null>>;
  readonly predicates: readonly PredicateRule[];
}

/**
 * A qconfig by rule; null leaves a node float. Keys, the strongest last: `""` for everything, `"op:linear"` for an op,
 * `"block.*"` for names by pattern, `"fc"` for one name. Predicates are stronger than keys. Among rules of one kind the
 * last one that matches counts.
 *
 *     quant.mapping({ "": quant.int8(), "op:linear": quant.int8({ weightBits: 4 }), conv1: null })
 */
export const mapping = (rules: Readonly<Record<string, QConfig | null>>, predicates: readonly PredicateRule[] = []): QConfigMapping => ({
  rules,
  predicates,
});

interface Rule {
  readonly text: string;
  readonly rank: number;
  readonly config: QConfig | null;
  readonly matches: (node: GraphNode) => boolean;
}

function rulesOf({ rules, predicates }: QConfigMapping): readonly Rule[] {
  const keyed = Object.entries(rules).map(([key, config]): Rule => {
    const rule = (rank: number, matches: Rule["matches"]): Rule => ({ text: JSON.stringify(key), rank, config, matches });
    if (key === "") return rule(0, () => true);
    if (key.startsWith("op:")) return rule(1, (node) => node.op.name === key.slice(3));
    if (key.includes("*")) {
      const pattern = new RegExp(
        `^${key
          .split("*")
          .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
          .join(".*")}$`,
      );
      return rule(2, (node) => pattern.test(node.name));
    }
    return rule(3, (node) => node.name === key);
  });
  return [...keyed, ...predicates.map(({ where, config }, i): Rule => ({ text: `predicate ${i}`, rank: 4, config, matches: where }))].sort(
    (a, b) => a.rank - b.rank,
  );
}

/**
 * What the config says of each node, by name.
 * @throws QuantizationError for a rule that matches no node
 */
export function resolve(
  graph: Graph,
  config: QConfig | QConfigMapping,
  observer: ObserverSpec,
): ReadonlyMap<string, NodeQuantization | null> {
  if (typeof config !== "object" || config === null || !("rules" in config || "weights" in config))
    throw new UsageError({
      code: "bad-qconfig",
      where: "qconfig",
      problem: "is neither a qconfig nor a mapping",
      expected: "quant.int8() or quant.mapping({ ... })",
      got: String(config),
      remedy: "Make it by one of these",
    });
  const rules = rulesOf("rules" in config ? config : mapping({ "": config }));
  const found = new Map<string, NodeQuantization | null>(graph.nodes.map((node) => [node.name, null]));
  for (const { text, config: q, matches } of rules) {
    const nodes = graph.nodes.filter(matches);
    if (nodes.length === 0)
      throw new QuantizationError({
        code: "unmatched-rule",
        where: `qconfig rule ${text}`,
        problem: "matches no node",
        got: graph.nodes.map((n) => `${n.name} (${n.op.name})`).join(", "),
        remedy: 'Name a node, a pattern such as "block.*", or an op as "op:conv2d"',
      });
    for (const node of nodes)
      found.set(node.name, q && { ...q, activations: { ...q.activations, observer: q.activations.observer ?? observer } });
  }
  return found;
}
