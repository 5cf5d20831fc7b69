import { increment } from "../../src/ops/increment.ts";
import { scalar } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";

export const incrementCases: OpCases = {
  op: increment,
  cases: [
    { name: "from 0", inputs: { x: scalar("i32", 0) }, expected: { y: scalar("i32", 1) } },
    { name: "from -1", inputs: { x: scalar("i32", -1) }, expected: { y: scalar("i32", 0) } },
    { name: "wraps at the end", inputs: { x: scalar("i32", 2 ** 31 - 1) }, expected: { y: scalar("i32", -(2 ** 31)) } },
  ],
  random: (r) => ({ name: "random", inputs: { x: scalar("i32", r.int(0, 2 ** 30)) } }),
};
