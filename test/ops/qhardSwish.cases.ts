import { hardSwishOf } from "../../src/ops/hardSwish.ts";
import { qhardSwish } from "../../src/ops/qhardSwish.ts";
import { tableOf } from "../../src/ops/table.ts";
import { tensor } from "../../src/tensor/index.ts";
import { qparamsOf, tableCases } from "../support/tables.ts";

export const qhardSwishCases = tableCases(qhardSwish, hardSwishOf, [
  {
    name: "0 up to -3, below 0 after it",
    inputs: {
      x: tensor("u8", [5], [0, 112, 128, 144, 255]),
      table: tableOf(hardSwishOf, qparamsOf("u8", 0.0625, 128), qparamsOf("u8", 2 ** -5, 20)),
    },
    // -8, -1, 0, 1 and 7.9375: -1/3 and 2/3 in steps of 1/32
    expected: { y: tensor("u8", [5], [20, 9, 20, 41, 255]) },
  },
]);
