/** What tests of whole graphs share. */
import type { Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";

export const opsOf = (graph: Graph): readonly string[] => graph.nodes.map((n) => n.op.name);

/** x + block(x). */
export const residual = (block: nn.Module): nn.Module =>
  nn.module(
    { block },
    ({ block }) =>
      (x: nn.Traced) =>
        nn.add(x, block(x)),
  );
