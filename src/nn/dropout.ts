import { dropout as dropoutOp } from "../ops/dropout.ts";
import { increment } from "../ops/increment.ts";
import { scalar } from "../tensor/index.ts";
import { define, type Module } from "./module.ts";
import { refuse } from "./sizes.ts";

/**
 * In training each value is 0 with probability p, and others are divided by 1 - p; afterwards nothing happens. Which ones
 * follows from the seed of the trace, the layer's path and the number of the step, on any GPU the same.
 */
export function dropout(p = 0.5): Module {
  if (!(p >= 0 && p < 1)) refuse("nn.dropout", "p must be a probability", "0 to below 1", String(p));
  return define((scope) => {
    const counter = scope.state("step", "random", scalar("i32", 0));
    const seed = scope.random("step").u32();
    let step = counter;
    return (x) => {
      step = scope.child("step").child("next").emit(increment, { x: step });
      scope.update(counter, step);
      return scope.emit(dropoutOp, { x, step }, { p, seed });
    };
  });
}
