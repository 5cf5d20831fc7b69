/** Runs the ONNX project's own tests: the model is loaded, and what it computes is compared. */
import type { Backend } from "../../../src/backend/backend.ts";
import { Dot4Error } from "../../../src/errors.ts";
import { load } from "../../../src/onnx/index.ts";
import type { Graph } from "../../../src/graph/index.ts";
import type { Tensor } from "../../../src/tensor/index.ts";
import type { Adapter, Adapters } from "../evaluate.ts";
import { Refused, tensorOf, type GoldenCase } from "../golden-case.ts";

/** Codes of errors that say that something is not offered; any other error is a failure. */
const refusals = new Set(["unsupported-operators", "unsupported", "unsupported-dtype"]);

/**
 * Loads the model. Inputs whose contents must be known when a model is loaded (shapes, axes, scales of single operators, which
 * nets keep as initializers) are found by the error that asks for them, and given.
 */
function loadKnowing(
  model: Uint8Array,
  inputs: ReadonlyMap<string, Tensor>,
): { readonly graph: Graph; readonly feeds: Record<string, Tensor> } {
  const known: Record<string, Tensor> = {};
  for (;;) {
    try {
      const graph = load(model, { known });
      return { graph, feeds: Object.fromEntries(graph.inputs.map((name) => [name, inputs.get(name)!])) };
    } catch (error) {
      const name = error instanceof Dot4Error && error.code === "unknown-contents" && error.got ? (JSON.parse(error.got) as string) : "";
      if (!inputs.has(name) || Object.hasOwn(known, name)) throw error;
      known[name] = inputs.get(name)!;
    }
  }
}

const run: Adapter = async (c: GoldenCase, backend: Backend) => {
  try {
    const unread = c.attrs.get("unread");
    if (unread) throw unread;
    const inputs = new Map([...c.inputs].map(([role, key]) => [role, tensorOf(c, key)]));
    const { graph, feeds } = loadKnowing(c.attrs.get("model") as Uint8Array, inputs);
    using compiled = await backend.compile(graph);
    const got = await compiled(feeds);
    return { outputs: got };
  } catch (error) {
    if (error instanceof Dot4Error && refusals.has(error.code)) throw new Refused(`${error.problem}${error.got ? `: ${error.got}` : ""}`);
    throw error;
  }
};

/** Operators of the tests in the repository, by the ops of each test. */
const tested = [
  "Add",
  "Add+Mul",
  "ArgMax",
  "AveragePool",
  "AveragePool+Squeeze+Unsqueeze",
  "BatchNormalization",
  "Cast",
  "Clip",
  "Concat",
  "Constant",
  "Conv",
  "ConvInteger",
  "DequantizeLinear",
  "Div",
  "Dropout",
  "DynamicQuantizeLinear",
  "Flatten",
  "Gemm",
  "GlobalAveragePool",
  "GlobalMaxPool",
  "HardSigmoid",
  "HardSigmoid+Mul",
  "HardSwish",
  "Identity",
  "LeakyRelu",
  "LogSoftmax",
  "MatMul",
  "MatMul+Transpose",
  "MatMulInteger",
  "MaxPool",
  "Mul",
  "Pad",
  "QLinearConv",
  "QLinearMatMul",
  "QuantizeLinear",
  "ReduceMean",
  "Relu",
  "Reshape",
  "Reshape+Transpose",
  "Resize",
  "Sigmoid",
  "Softmax",
  "Squeeze",
  "Sub",
  "Transpose",
  "Unsqueeze",
];

/** Every test is tried, whatever its ops: what is refused, the error of loading it says. */
class AnyOperator extends Map<string, Adapter> {
  override get(): Adapter {
    return run;
  }
}

export const onnxNodes: Adapters = new AnyOperator(tested.map((op) => [op, run]));
