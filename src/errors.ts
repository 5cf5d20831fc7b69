/** Typed errors, and what to do about them. */
interface Facts {
  /** The node, tensor, file or call: `conv2d "conv1"`. */
  readonly where: string;
  /** One sentence: what is wrong. */
  readonly problem: string;
  readonly expected?: string | undefined;
  readonly got?: string | undefined;
  readonly cause?: unknown;
}

const OTHER_VALUE = "Give a value of the kind expected";
const OTHER_NAME = "Printing the graph shows its names";
const NONE_GIVEN = "Give at least one";
const GIVE_IT = "Give it";
const DAMAGED = "Write or fetch the file again: it is damaged, or its writer is at fault";
const REFUSED = "Take another adapter or driver, or cpu()";
/** What the caller can do, by code, where an error says nothing more particular. */
const remedies = {
  aborted: "Train again to go on from here, or resume from a checkpoint",
  "bad-activation": OTHER_VALUE,
  "bad-argument": OTHER_VALUE,
  "bad-attribute": OTHER_VALUE,
  "bad-axis": OTHER_VALUE,
  "bad-batch-size": OTHER_VALUE,
  "bad-bias": DAMAGED,
  "bad-bits": OTHER_VALUE,
  "bad-count": OTHER_VALUE,
  "bad-dtype": OTHER_VALUE,
  "bad-epochs": OTHER_VALUE,
  "bad-index": DAMAGED,
  "bad-interval": OTHER_VALUE,
  "bad-layout": DAMAGED,
  "bad-learning-rate": OTHER_VALUE,
  "bad-levels": OTHER_VALUE,
  "bad-magic": DAMAGED,
  "bad-model": DAMAGED,
  "bad-multiplier": "Calibrate on batches that are not all the same, or check the scales",
  "bad-name": OTHER_VALUE,
  "bad-node": DAMAGED,
  "bad-protobuf": DAMAGED,
  "bad-qparams": DAMAGED,
  "bad-quant-range": OTHER_VALUE,
  "bad-rounding": OTHER_VALUE,
  "bad-scale": DAMAGED,
  "bad-schedule": OTHER_VALUE,
  "bad-seed": OTHER_VALUE,
  "bad-shape": OTHER_VALUE,
  "bad-size": OTHER_VALUE,
  "bad-tensor": DAMAGED,
  "bad-value": DAMAGED,
  "bad-zero-point": DAMAGED,
  "broadcast-mismatch": "Aligned at the right, sizes must be equal or 1: reshape one side",
  "channel-mismatch": "Make the layer for as many as its input has",
  "corrupt-gzip": DAMAGED,
  disposed: "Make a new one",
  "doubled-name": "Give each a name of its own",
  "dtype-mismatch": "Cast, quantize or dequantize it before",
  empty: DAMAGED,
  "empty-batch": NONE_GIVEN,
  "gpu-error": "Open another backend; where it happens again, try smaller batches or another driver",
  "gzip-as-raw": DAMAGED,
  "kernel-too-large": "Take a smaller kernel or dilation, more padding or larger images",
  "length-mismatch": "Give as many elements as the shape has",
  limits: REFUSED,
  "missing-attribute": DAMAGED,
  "missing-input": GIVE_IT,
  "missing-output": GIVE_IT,
  "missing-size": GIVE_IT,
  "no-data": NONE_GIVEN,
  "no-outputs": DAMAGED,
  "no-values": NONE_GIVEN,
  "out-of-memory": "Take smaller sizes or batches, or dispose of what is not needed",
  "pipeline-refused": REFUSED,
  "rank-mismatch": "Reshape it to these axes",
  "raw-as-gzip": DAMAGED,
  "shader-refused": REFUSED,
  "shape-mismatch": "Reshape it, or change the layer that it goes into",
  "size-conflict": "Give all inputs that share the axis the same size",
  "symbolic-size": "Only the leading batch axis may be symbolic: write the others as numbers",
  "too-large": "Take smaller sizes or batches",
  "too-long": DAMAGED,
  truncated: DAMAGED,
  "type-mismatch": "Infer the types again: add() and rewriting do it",
  "undefined-value": "Define it first",
  "unknown-contents": DAMAGED,
  "unknown-input": OTHER_NAME,
  "unknown-output": OTHER_NAME,
  "unknown-parameter": OTHER_NAME,
  "unknown-size": OTHER_NAME,
  "unknown-state": OTHER_NAME,
  unsorted: DAMAGED,
  unsupported: "Export the model without it",
  "unsupported-dtype": "Export the model with another element type",
  "wrong-rank": "Give the file of images as images, that of labels as labels",
  "unsupported-type": "Write the file again with bytes",
  "untyped-value": "Give it a type",
} as const;
/** Codes whose remedy is known. */
export type KnownCode = keyof typeof remedies;

/** `code` is stable, machine-readable, in kebab-case: "shape-mismatch". Without a remedy of its own, that of the code is said. */
export type ErrorDetails = Facts &
  ({ readonly code: KnownCode; readonly remedy?: string | undefined } | { readonly code: string; readonly remedy: string });

/**
 * Every error that dot4 throws on purpose. An error says where it happened, what was expected, what was got and what
 * to do; `code` is stable and meant for programs, the message for people.
 */
export class Dot4Error extends Error {
  // Spelled out in each class, for minifiers shorten what classes are called.
  static override name = "Dot4Error";
  readonly code: string;
  readonly where: string;
  readonly problem: string;
  readonly expected: string | undefined;
  readonly got: string | undefined;
  readonly remedy: string;

  constructor(details: ErrorDetails) {
    const { code, where, problem, expected, got, cause } = details;
    const remedy = details.remedy ?? remedies[code as KnownCode];
    const facts = [expected && `expected ${expected}`, got && `got ${got}`].filter(Boolean).join(", ");
    super(`${where}: ${problem}${facts ? ` (${facts})` : ""}. ${remedy}`, cause === undefined ? {} : { cause });
    this.name = new.target.name;
    this.code = code;
    this.where = where;
    this.problem = problem;
    this.expected = expected;
    this.got = got;
    this.remedy = remedy;
  }
}

/** Shapes that do not fit together, impossible strides, pads or kernels. */
export class ShapeError extends Dot4Error {
  static override name = "ShapeError";
}
/** A tensor of another element type than the op takes. */
export class DTypeError extends Dot4Error {
  static override name = "DTypeError";
}
/** A graph that is not well formed: undefined or doubled names, unknown inputs, cycles. */
export class GraphError extends Dot4Error {
  static override name = "GraphError";
}
/** Scales, zero points, bit widths, qconfigs and overflow budgets. */
export class QuantizationError extends Dot4Error {
  static override name = "QuantizationError";
}
/** Files, labels and values that cannot be used: missing, corrupt, out of range, NaN or Inf. */
export class DataError extends Dot4Error {
  static override name = "DataError";
}
/** Arguments of an API call: learning rate, batch size, use after dispose. */
export class UsageError extends Dot4Error {
  static override name = "UsageError";
}
/** No adapter, a missing feature, a limit that is too small, a shader or pipeline that was refused. */
export class DeviceError extends Dot4Error {
  static override name = "DeviceError";
}
/** The GPU device was lost; nothing that was pending on it has a result. */
export class DeviceLostError extends DeviceError {
  static override name = "DeviceLostError";
}
/** The device, or the host (JavaScript's own memory), had no room for what was asked. */
export class OutOfMemoryError extends DeviceError {
  static override name = "OutOfMemoryError";
}
/** A caller's AbortSignal fired. */
export class AbortError extends Dot4Error {
  static override name = "AbortError";
}
