/**
 * A graph is a value: immutable, in static single assignment form. Nodes stand in an order in which every input is
 * defined before it is used. Passes are functions Graph -> Graph.
 */
import type { Attrs, OpDef, Value, Values } from "../ops/op.ts";
import type { Tensor, TensorType } from "../tensor/index.ts";

export interface GraphNode {
  /** Unique in the graph; how errors, reports and qconfigs speak of it: `conv1`. */
  readonly name: string;
  readonly op: OpDef;
  readonly inputs: Values;
  readonly attrs: Attrs;
  readonly outputs: Values;
}

/** What a state is for. Trained: parameter. Everything else is only carried: buffer = running statistics, random = counters of random numbers. */
export type StateRole = "parameter" | "observer" | "optimizer" | "metric" | "buffer" | "random";

export interface State {
  readonly role: StateRole;
  /** Contents before the first run. */
  readonly tensor: Tensor;
}

export interface Graph {
  /** Types of all values: inputs, states, constants and node outputs. */
  readonly types: ReadonlyMap<Value, TensorType>;
  readonly inputs: readonly Value[];
  readonly states: ReadonlyMap<Value, State>;
  readonly constants: ReadonlyMap<Value, Tensor>;
  readonly nodes: readonly GraphNode[];
  /** Public name -> value. */
  readonly outputs: ReadonlyMap<string, Value>;
  /** State -> the value that replaces it after a run. All reads of a state within a run see its old contents. */
  readonly updates: ReadonlyMap<Value, Value>;
  /** Prints the graph, one line a value. */
  toString(): string;
}

export type Pass = (graph: Graph) => Graph;

/** Where an error in this node happened: `conv2d "conv1"`. */
export const nodeWhere = (op: OpDef, name: string): string => `${op.name} "${name}"`;
