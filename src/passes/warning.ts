/** What works but is probably not meant is said, not thrown. */
import type { Graph } from "../graph/index.ts";
import { observerStates } from "./insertQuantizers.ts";

export interface Warning {
  /** Stable, for programs: `never-observed`. */
  readonly code: string;
  readonly message: string;
}

export type Warn = (warning: Warning) => void;

export const toConsole: Warn = ({ code, message }) => console.warn(`dot4 [${code}]: ${message}`);

/** Values whose observer saw no data: their scale is 1 and their zero point 0. */
export const neverObserved = (graph: Graph): readonly string[] =>
  graph.nodes
    .filter((n) => n.op.quantizer)
    .flatMap((n) => {
      const v = n.inputs.x!;
      const { min, max } = observerStates(v);
      const [low, high] = [graph.states.get(min)?.tensor.data[0], graph.states.get(max)?.tensor.data[0]];
      return low !== undefined && high !== undefined && !(low <= high) ? [v] : [];
    });

export function warnNeverObserved(graph: Graph, warn: Warn): void {
  const values = neverObserved(graph).map((v) => `"${v}"`);
  if (values.length > 0)
    warn({
      code: "never-observed",
      message: `${values.join(", ")}: never observed, so scale 1 and zero point 0 are used. Calibrate or train before converting or evaluating`,
    });
}
