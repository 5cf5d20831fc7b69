/** Squeeze and Unsqueeze: axes of size 1 that go and come. Nothing is emitted: see operand.ts. */
import { ints } from "../attributes.ts";
import type { Context } from "../context.ts";
import { inOrder } from "../operand.ts";
import { operator } from "../operator.ts";
import { reshaped } from "./shape.ts";

/** Without axes, all of size 1 go. */
function squeeze(c: Context, given: readonly number[] | undefined): void {
  const x = c.input(0);
  const gone = given ? given.map((a) => c.axis(a, x.shape.length)) : inOrder(x.shape.length).filter((a) => x.shape[a] === 1);
  const wrong = gone.find((a) => x.shape[a] !== 1);
  if (wrong !== undefined) c.fail("shape-mismatch", `axis ${wrong} cannot be squeezed`, "size 1", String(x.shape[wrong]));
  reshaped(
    c,
    x,
    x.shape.filter((_, a) => !gone.includes(a)),
  );
}

/** The axes are counted among those of the result. */
function unsqueeze(c: Context, given: readonly number[] | undefined): void {
  const x = c.input(0);
  const axes = given ?? c.fail("missing-attribute", "has no axes");
  const rank = x.shape.length + axes.length;
  const come = new Set(axes.map((a) => c.axis(a, rank)));
  if (come.size !== axes.length) c.fail("bad-attribute", "axes name one twice", "distinct axes", `[${axes.slice(0, 8).join(", ")}]`);
  const rest = [...x.shape];
  reshaped(
    c,
    x,
    inOrder(rank).map((a) => (come.has(a) ? 1 : rest.shift()!)),
  );
}

/** Since version 13 of the operator set the axes are an input, which has to be known. */
const both = (type: string, emit: typeof squeeze) => [
  operator({ type, inputs: [1, 1], wide: true, attributes: { axes: ints() }, emit: (c) => emit(c, c.attributes.axes) }),
  operator({ type, since: 13, inputs: [1, 2], wide: true, attributes: {}, emit: (c) => emit(c, c.optional(1) && c.knownNumbers(1)) }),
];

export const axesOperators = [...both("Squeeze", squeeze), ...both("Unsqueeze", unsqueeze)];
