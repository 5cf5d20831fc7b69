/** The one list of operators. The latest `since` that is not beyond a model's operator set is taken. */
import type { Operator } from "../operator.ts";
import { binaries } from "./binary.ts";
import { casts } from "./cast.ts";
import { constant } from "./constant.ts";
import { conv } from "./conv.ts";
import { dropouts } from "./dropout.ts";
import { elementwise } from "./elementwise.ts";
import { gemm } from "./gemm.ts";
import { convInteger, dynamicQuantizeLinear, matMulInteger } from "./integer.ts";
import { batchNormalization } from "./normalization.ts";
import { averagePool, globalAveragePool, maxPool } from "./pool.ts";
import { qelementwise } from "./qelementwise.ts";
import { qgemm, qlinearConv, qlinearMatMul } from "./qlinear.ts";
import { dequantizeLinear, quantizeLinear } from "./quantizeLinear.ts";
import { flatten, reshapes, transpose } from "./shape.ts";

export const operators: readonly Operator[] = [
  averagePool,
  batchNormalization,
  ...binaries,
  ...casts,
  constant,
  conv,
  convInteger,
  dequantizeLinear,
  dynamicQuantizeLinear,
  ...dropouts,
  ...elementwise,
  flatten,
  gemm,
  globalAveragePool,
  matMulInteger,
  maxPool,
  ...qelementwise,
  qgemm,
  qlinearConv,
  qlinearMatMul,
  quantizeLinear,
  ...reshapes,
  transpose,
];
