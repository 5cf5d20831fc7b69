/** The one list of operators. The latest `since` that is not beyond a model's operator set is taken. */
import type { Operator } from "../operator.ts";
import { conv } from "./conv.ts";
import { elementwise } from "./elementwise.ts";
import { gemm } from "./gemm.ts";
import { batchNormalization } from "./normalization.ts";
import { averagePool, globalAveragePool, maxPool } from "./pool.ts";
import { flatten, reshapes, transpose } from "./shape.ts";

export const operators: readonly Operator[] = [
  averagePool,
  batchNormalization,
  conv,
  ...elementwise,
  flatten,
  gemm,
  globalAveragePool,
  maxPool,
  ...reshapes,
  transpose,
];
