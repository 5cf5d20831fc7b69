import { sigmoidOf } from "../../src/ops/sigmoid.ts";
import { qsigmoid } from "../../src/ops/qsigmoid.ts";
import { tableOf } from "../../src/ops/table.ts";
import { tensor } from "../../src/tensor/index.ts";
import { qparamsOf, tableCases } from "../support/tables.ts";

export const qsigmoidCases = tableCases(qsigmoid, sigmoidOf, [
  {
    name: "from 0 to 1, a half at 0",
    inputs: {
      x: tensor("u8", [5], [0, 112, 128, 144, 255]),
      table: tableOf(sigmoidOf, qparamsOf("u8", 0.0625, 128), qparamsOf("u8", 2 ** -8, 0)),
    },
    // -8, -1, 0, 1 and 7.9375: 1 is beyond the range
    expected: { y: tensor("u8", [5], [0, 69, 128, 187, 255]) },
  },
]);
