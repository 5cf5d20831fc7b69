/** The entry `dot4/onnx`: the only place with ONNX words. */
export { load, type LoadOptions } from "./load.ts";
export { supportedOperators } from "./support.ts";
