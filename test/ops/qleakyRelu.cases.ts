import { leakyReluOf } from "../../src/ops/leakyRelu.ts";
import { qleakyRelu } from "../../src/ops/qleakyRelu.ts";
import { tableOf } from "../../src/ops/table.ts";
import { tensor } from "../../src/tensor/index.ts";
import { qparamsOf, tableCases } from "../support/tables.ts";

export const qleakyReluCases = tableCases(qleakyRelu, (v) => leakyReluOf(v, 0.25), [
  {
    name: "a quarter of the slope below 0, ties to even",
    inputs: {
      x: tensor("u8", [5], [0, 112, 128, 144, 255]),
      table: tableOf((v) => leakyReluOf(v, 0.25), qparamsOf("u8", 0.0625, 128), qparamsOf("u8", 2 ** -3, 63)),
    },
    // -8, -1, 0, 1 and 7.9375: 63.5 is 64 before the zero point is added
    expected: { y: tensor("u8", [5], [47, 61, 63, 71, 127]) },
  },
]);
