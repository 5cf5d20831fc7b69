/** The golden data's rules for how far a result may be from the reference value (test/golden/README.md). */
import { DataError } from "../../src/errors.ts";
import { formatType, numel, sameShape, type Tensor } from "../../src/tensor/index.ts";
import { REMEDY } from "./remedy.ts";

export type Tolerance =
  | { readonly kind: "exact" }
  | { readonly kind: "information" }
  | { readonly kind: "close"; readonly rtol: number; readonly atol: number }
  /** Of doubles, each two words, the low one first, in a trailing axis of 2. */
  | { readonly kind: "closeDoubles"; readonly rtol: number; readonly atol: number }
  | { readonly kind: "offBy"; readonly offBy: number; readonly fraction: number }
  | { readonly kind: "tieWindow"; readonly offBy: number; readonly window: number }
  | { readonly kind: "moved"; readonly fraction: number }
  | { readonly kind: "closeOrStep"; readonly rtol: number; readonly atol: number; readonly fraction: number }
  | { readonly kind: "logits"; readonly atol: number; readonly step: number; readonly fraction: number; readonly argmaxChanged: number };

/** What some rules need beside the two tensors. */
export interface Aids {
  /** Real values before rounding, for `tieWindow`. */
  readonly exactPre?: Tensor | undefined;
  /** Size of one quantization step, for `closeOrStep`: one value, or one per index along `axis`. */
  readonly step?: { readonly scale: Tensor; readonly axis: number | null } | undefined;
}

/** @throws DataError for a rule that is not known: an unknown rule must not pass for a lenient one. */
export function parseTolerance(value: unknown, where: string): Tolerance {
  if (value === 0) return { kind: "exact" };
  if (value === null) return { kind: "information" };
  const fail = (): never => {
    throw new DataError({
      code: "bad-tolerance",
      where,
      problem: "has a tolerance of an unknown kind",
      got: JSON.stringify(value),
      remedy: REMEDY,
    });
  };
  if (typeof value !== "object") return fail();
  const v = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(v).sort().join(" ");
  if (!Object.values(v).every((x) => typeof x === "number" && Number.isFinite(x) && x >= 0)) return fail();
  const n = v as Readonly<Record<string, number>>;
  switch (keys) {
    case "atol rtol":
      return { kind: "close", rtol: n.rtol!, atol: n.atol! };
    case "fraction off_by":
      return { kind: "offBy", offBy: n.off_by!, fraction: n.fraction! };
    case "off_by tie_window":
      return { kind: "tieWindow", offBy: n.off_by!, window: n.tie_window! };
    case "moved_fraction":
      return { kind: "moved", fraction: n.moved_fraction! };
    case "atol off_by_one_step_fraction rtol":
      return { kind: "closeOrStep", rtol: n.rtol!, atol: n.atol!, fraction: n.off_by_one_step_fraction! };
    case "argmax_changed_max fraction_off max_steps step": {
      // Off the grid by no more than a float's rounding.
      const [step, atol] = [n.step! * n.max_steps!, n.step! / 1000];
      return { kind: "logits", atol, step: step + atol, fraction: n.fraction_off!, argmaxChanged: n.argmax_changed_max! };
    }
    case "argmax_changed_max atol":
      return { kind: "logits", atol: n.atol!, step: n.atol!, fraction: 0, argmaxChanged: n.argmax_changed_max! };
    default:
      return fail();
  }
}

/**
 * Compares element by element. undefined = within the tolerance, else one line that says what differs where.
 * Scalars may be 0-d or have one element; otherwise shapes must be the same.
 */
export function compare(got: Tensor, want: Tensor, tolerance: Tolerance, aids: Aids = {}): string | undefined {
  if (tolerance.kind === "information") return undefined;
  const scalars = numel(got.shape) === 1 && numel(want.shape) === 1;
  if (got.dtype !== want.dtype || (!scalars && !sameShape(got.shape, want.shape)))
    return `is ${formatType(got)}, expected ${formatType(want)}`;
  if (tolerance.kind === "moved") return compareHistograms(got, want, tolerance.fraction);
  if (tolerance.kind === "closeDoubles") return compareElements(doublesOf(got), doublesOf(want), { ...tolerance, kind: "close" }, aids);
  return compareElements(got, want, tolerance, aids);
}

/** A tensor, or what its words stand for. */
interface Elements {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

const doublesOf = (t: Tensor): Elements => ({ shape: t.shape.slice(0, -1), data: new Float64Array(t.data.slice().buffer) });

function compareElements(got: Elements, want: Elements, tolerance: Tolerance, aids: Aids): string | undefined {
  const wrong: number[] = [];
  let tolerated = 0;
  for (let i = 0; i < want.data.length; i++) {
    const verdict = judge(got.data[i]!, want.data[i]!, i, tolerance, aids, want);
    if (verdict === "wrong") wrong.push(i);
    else if (verdict === "tolerated") tolerated++;
  }
  if (wrong.length > 0) return describe(wrong, got, want, aids);
  if ("fraction" in tolerance && tolerated > tolerance.fraction * want.data.length)
    return `${tolerated} of ${want.data.length} elements are off by a step, at most ${tolerance.fraction * want.data.length} may be`;
  if (tolerance.kind === "logits") {
    const changed = rowMaxima(got).filter((at, i) => at !== rowMaxima(want)[i]).length;
    if (changed > tolerance.argmaxChanged)
      return `${changed} rows have their largest value elsewhere, at most ${tolerance.argmaxChanged} may`;
  }
  return undefined;
}

/** Where the largest value of each row is. */
function rowMaxima({ shape, data }: Elements): readonly number[] {
  const row = shape.at(-1)!;
  return Array.from({ length: data.length / row }, (_, i) => {
    const values = Array.from(data).slice(i * row, (i + 1) * row);
    return values.indexOf(Math.max(...values));
  });
}

type Verdict = "same" | "tolerated" | "wrong";

function judge(got: number, want: number, i: number, t: Tolerance, aids: Aids, wanted: Elements): Verdict {
  if (sameValue(got, want)) return "same";
  const error = Math.abs(got - want);
  switch (t.kind) {
    case "close":
      return close(error, want, t) ? "same" : "wrong";
    case "offBy":
      return error <= t.offBy ? "tolerated" : "wrong";
    case "tieWindow":
      return error <= t.offBy && nearTie(aids.exactPre, i, t.window) ? "tolerated" : "wrong";
    case "closeOrStep": {
      if (close(error, want, t)) return "same";
      const step = stepAt(aids, wanted, i);
      return close(Math.abs(error - step), want, t) ? "tolerated" : "wrong";
    }
    case "logits":
      return error <= t.atol ? "same" : error <= t.step ? "tolerated" : "wrong";
    default:
      return "wrong";
  }
}

/**
 * The same bits, but for two freedoms: any NaN equals any NaN, and where the reference says -0 either zero will do
 * (PyTorch multiplies a gradient by a 0/1 mask, so -0 there is an accident). A -0 where the reference has +0 differs.
 */
function sameValue(got: number, want: number): boolean {
  return Object.is(got, want) || (got === 0 && Object.is(want, -0));
}

/** Infinities and NaN only equal themselves; rtol * infinity would let everything pass. */
const close = (error: number, want: number, t: { rtol: number; atol: number }): boolean =>
  Number.isFinite(error) && error <= t.atol + t.rtol * Math.abs(want);

function nearTie(pre: Tensor | undefined, i: number, window: number): boolean {
  if (!pre) return false;
  const fraction = pre.data[i]! - Math.floor(pre.data[i]!);
  return Math.abs(fraction - 0.5) <= window;
}

function stepAt(aids: Aids, t: Elements, i: number): number {
  if (!aids.step) return Number.NaN;
  const { scale, axis } = aids.step;
  if (axis === null || scale.data.length === 1) return scale.data[0]!;
  const inner = numel(t.shape.slice(axis + 1));
  return scale.data[Math.floor(i / inner) % t.shape[axis]!]!;
}

function compareHistograms(got: Tensor, want: Tensor, fraction: number): string | undefined {
  let moved = 0;
  let total = 0;
  for (let i = 0; i < want.data.length; i++) {
    moved += Math.abs(got.data[i]! - want.data[i]!) / 2;
    total += want.data[i]!;
  }
  return moved <= fraction * total ? undefined : `${moved} of a total count of ${total} moved, at most ${fraction * total} may`;
}

function describe(wrong: readonly number[], got: Elements, want: Elements, aids: Aids): string {
  const i = wrong[0]!;
  const pre = aids.exactPre ? ` (before rounding ${aids.exactPre.data[i]})` : "";
  const worst = wrong.reduce((a, j) => Math.max(a, Math.abs(got.data[j]! - want.data[j]!)), 0);
  return `${wrong.length} of ${want.data.length} elements differ, first [${unravel(i, want.shape).join(", ")}]: got ${show(got.data[i]!)}, expected ${show(want.data[i]!)}${pre}; largest error ${worst}`;
}

const show = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));

function unravel(index: number, shape: readonly number[]): number[] {
  const at: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at.unshift(index % shape[axis]!);
    index = Math.floor(index / shape[axis]!);
  }
  return at;
}
