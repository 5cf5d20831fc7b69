/** The one list of ops. Everything that needs "all ops" (tests, tables, loaders) reads this list. */
import { add } from "./add.ts";
import { conv2d } from "./conv2d.ts";
import { conv2dBackwardInput } from "./conv2dBackwardInput.ts";
import { conv2dBackwardWeight } from "./conv2dBackwardWeight.ts";
import { linear } from "./linear.ts";
import { linearBackwardInput } from "./linearBackwardInput.ts";
import { linearBackwardWeight } from "./linearBackwardWeight.ts";
import { relu } from "./relu.ts";
import { reluBackward } from "./reluBackward.ts";
import { sumToSize } from "./sumToSize.ts";
export * from "./op.ts";

export const ops = {
  add,
  conv2d,
  conv2dBackwardInput,
  conv2dBackwardWeight,
  linear,
  linearBackwardInput,
  linearBackwardWeight,
  relu,
  reluBackward,
  sumToSize,
};

export type OpName = keyof typeof ops;
