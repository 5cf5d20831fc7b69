/**
 * Every error that dot4 throws on purpose. An error says where it happened, what was expected, what was got and what
 * to do; `code` is stable and meant for programs, the message for people.
 */
export interface ErrorDetails {
  /** Stable, machine-readable, in kebab-case: "shape-mismatch". */
  readonly code: string;
  /** The node, tensor, file or call: `conv2d "conv1"`. */
  readonly where: string;
  /** One sentence: what is wrong. */
  readonly problem: string;
  readonly expected?: string;
  readonly got?: string;
  /** What the caller can do about it. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

export class Dot4Error extends Error {
  // Spelled out in each class, for minifiers shorten what classes are called.
  static override name = "Dot4Error";
  readonly code: string;
  readonly where: string;
  readonly problem: string;
  readonly expected: string | undefined;
  readonly got: string | undefined;
  readonly remedy: string | undefined;

  constructor(details: ErrorDetails) {
    const { where, problem, expected, got, remedy, cause } = details;
    const facts = [expected && `expected ${expected}`, got && `got ${got}`].filter(Boolean).join(", ");
    super(`${where}: ${problem}${facts ? ` (${facts})` : ""}${remedy ? `. ${remedy}` : ""}`, cause === undefined ? {} : { cause });
    this.name = new.target.name;
    this.code = details.code;
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
/** The device had no memory for what was asked. */
export class OutOfMemoryError extends DeviceError {
  static override name = "OutOfMemoryError";
}
/** A caller's AbortSignal fired. */
export class AbortError extends Dot4Error {
  static override name = "AbortError";
}
