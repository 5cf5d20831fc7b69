/** The one list of operators. The latest `since` that is not beyond a model's operator set is taken. */
import type { Operator } from "../operator.ts";
import { axesOperators } from "./axes.ts";
import { binaries } from "./binary.ts";
import { casts } from "./cast.ts";
import { concats } from "./concat.ts";
import { constant } from "./constant.ts";
import { conv } from "./conv.ts";
import { dropouts } from "./dropout.ts";
import { elementwise } from "./elementwise.ts";
import { gemm } from "./gemm.ts";
import { indexing } from "./indexing.ts";
import { convInteger, dynamicQuantizeLinear, matMulInteger } from "./integer.ts";
import { matMul } from "./matmul.ts";
import { batchNormalizations } from "./normalization.ts";
import { pads } from "./pad.ts";
import { averagePool, maxPool } from "./pool.ts";
import { qelementwise } from "./qelementwise.ts";
import { qgemm, qlinearConv, qlinearMatMul } from "./qlinear.ts";
import { qtables } from "./qtables.ts";
import { dequantizeLinear, quantizeLinear } from "./quantizeLinear.ts";
import { globalPools, reductions } from "./reduction.ts";
import { resizes } from "./resize.ts";
import { flatten, reshapes, transpose } from "./shape.ts";
import { softmaxes } from "./softmax.ts";

export const operators: readonly Operator[] = [
  averagePool,
  ...axesOperators,
  ...batchNormalizations,
  ...binaries,
  ...casts,
  concats,
  constant,
  conv,
  convInteger,
  dequantizeLinear,
  dynamicQuantizeLinear,
  ...dropouts,
  ...elementwise,
  flatten,
  gemm,
  ...globalPools,
  ...indexing,
  matMul,
  matMulInteger,
  maxPool,
  ...pads,
  ...qelementwise,
  ...qtables,
  qgemm,
  qlinearConv,
  qlinearMatMul,
  quantizeLinear,
  ...reductions,
  ...reshapes,
  ...resizes,
  ...softmaxes,
  transpose,
];
