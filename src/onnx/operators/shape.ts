/** Operators that give a tensor another shape or order of axes. None emits anything by itself: see operand.ts. */
import { formatShape, numel, type Dim, type Shape } from "../../tensor/index.ts";
import { int, ints } from "../attributes.ts";
import type { Context } from "../context.ts";
import { inOrder, isReshaped, type Operand } from "../operand.ts";
import { operator } from "../operator.ts";

/** Output 0 is x in another shape. */
export function reshaped(c: Context, x: Operand, shape: Shape): void {
  if (x.made) c.outputs.set(c.node.outputs[0]!, { name: c.name, type: x.type, shape, made: x.made });
  else c.knownOutput(0, { ...x.known!, shape: shape as readonly number[] });
}

const fixed = (shape: Shape): number => numel(shape.filter((d) => typeof d === "number"));

export const flatten = operator({
  type: "Flatten",
  inputs: [1, 1],
  wide: true,
  attributes: { axis: int(1) },
  emit(c) {
    const x = c.input(0);
    const rank = x.shape.length;
    const { axis } = c.attributes;
    const at = axis === rank ? rank : c.axis(axis, Math.max(rank, 1));
    const merged = (dims: Shape): Dim => {
      if (dims.length === 1) return dims[0]!;
      if (dims.some((d) => typeof d !== "number")) c.unsupported("a symbolic axis that is merged with others");
      return numel(dims);
    };
    reshaped(c, x, [merged(x.shape.slice(0, at)), merged(x.shape.slice(at))]);
  },
});

/** A shape with 0 (that of x) and -1 (what is left) resolved. */
function resolved(c: Context, x: Operand, shape: readonly number[], allowZero: boolean): Shape {
  const bad = (): never =>
    c.fail("shape-mismatch", `${formatShape(x.shape)} does not fit the shape`, "as many elements", formatShape(shape.slice(0, 8)));
  const kept = shape.map((d, i): Dim => {
    // The size of the symbolic axis, as Shape gives it.
    if (Number.isNaN(d)) return i === 0 && typeof x.shape[0] === "string" ? x.shape[0] : bad();
    if (!Number.isSafeInteger(d) || d < -1) return bad();
    return d === 0 && !allowZero ? (x.shape[i] ?? bad()) : d;
  });
  const open = kept.indexOf(-1);
  if (open !== kept.lastIndexOf(-1)) bad();
  const symbols = x.shape.filter((d) => typeof d !== "number");
  const given = kept.filter((d) => typeof d !== "number");
  const others = fixed(kept.filter((_, i) => i !== open));
  const left = others === 0 ? 0 : fixed(x.shape) / others;
  // The symbolic axis is the leading one: it is kept by 0, by -1, or by a 1 that the batch stood for when the model was made.
  if (open >= 0) {
    if (!Number.isInteger(left)) bad();
    kept[open] = symbols.length > given.length && open === 0 && left === 1 ? symbols[0]! : left;
  } else if (fixed(kept) !== fixed(x.shape)) bad();
  if (kept.filter((d) => typeof d !== "number").length !== symbols.length)
    c.fail(
      "symbolic-size",
      "the shape does not say where the symbolic leading axis goes",
      "0 or -1 in front",
      formatShape(shape.slice(0, 8)),
      "Give its size in `sizes` of load's options",
    );
  return kept;
}

const reshapeBy = (c: Context, shape: readonly number[], allowZero = false): void =>
  reshaped(c, c.input(0), resolved(c, c.input(0), shape, allowZero));

export const reshapes = [
  operator({
    type: "Reshape",
    inputs: [1, 1],
    wide: true,
    attributes: { shape: ints([]), consumed_inputs: ints() },
    emit: (c) => reshapeBy(c, c.attributes.shape),
  }),
  operator({
    type: "Reshape",
    since: 5,
    inputs: [2, 2],
    wide: true,
    attributes: { allowzero: int(0) },
    emit: (c) => reshapeBy(c, c.knownNumbers(1), c.attributes.allowzero !== 0),
  }),
];

export const transpose = operator({
  type: "Transpose",
  inputs: [1, 1],
  wide: true,
  attributes: { perm: ints() },
  emit(c) {
    const x = c.input(0);
    const rank = x.shape.length;
    const perm = c.attributes.perm ?? [...inOrder(rank)].reverse();
    if (perm.length !== rank || !inOrder(rank).every((a) => perm.includes(a)))
      c.fail("bad-attribute", "perm does not name each axis once", `a permutation of ${rank} axes`, formatShape(perm.slice(0, 8)));
    const shape = perm.map((a) => x.shape[a]!);
    // Axis a of the result is axis perm[a] of x: memory stays as it is, and its axes get other names.
    const made = x.made && !isReshaped(x) ? x.made : { value: c.value(x), axes: inOrder(rank), from: x.shape };
    const axes = made.axes.map((a) => perm.indexOf(a));
    c.outputs.set(c.name, { name: c.name, type: x.type, shape, made: { value: made.value, axes, from: shape } });
  },
});
