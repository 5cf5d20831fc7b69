/** Groups of a convolution: the output channels of group g see the input channels of group g alone. */
import { ShapeError } from "../errors.ts";
import { expectWhole } from "./check.ts";

/** @throws ShapeError unless groups is a whole number that divides the input and the output channels. */
export function expectGroups(where: string, groups: number, inChannels: number, outChannels: number): void {
  expectWhole(where, "groups", groups, 1);
  for (const [of, channels] of [
    ["input", inChannels],
    ["output", outChannels],
  ] as const)
    if (channels % groups !== 0)
      throw new ShapeError({
        code: "bad-attribute",
        where,
        problem: `groups must divide the ${of} channels`,
        expected: `a divisor of ${channels}`,
        got: String(groups),
      });
}
