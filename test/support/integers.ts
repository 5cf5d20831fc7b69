/** Which ops compute with bytes: told from their cases, so that no list can forget one. */
import { Random } from "../../src/numerics/random.ts";
import { isPacked } from "../../src/tensor/index.ts";
import type { OpCases } from "./cases.ts";

/** Random cases that are looked at: an op that takes bytes among other types shows it in one of them. */
const LOOKS = 30;

export const isCases = (v: unknown): v is OpCases => typeof v === "object" && v !== null && "op" in v && "cases" in v && "random" in v;

/** Some input or output of a random case is i8 or u8. */
export function takesBytes({ op, random }: OpCases): boolean {
  return Array.from({ length: LOOKS }, (_, seed) => random(new Random(seed))).some(({ inputs, attrs }) => {
    const types = op.infer(inputs, { ...op.defaults, ...attrs }, `${op.name} "case"`);
    return [...Object.values(inputs), ...Object.values(types)].some((t) => t !== undefined && isPacked(t.dtype));
  });
}
