/** The one list of ops. Everything that needs "all ops" (tests, tables, loaders) reads this list. */
import { accumulate } from "./accumulate.ts";
import { adam } from "./adam.ts";
import { adaptiveAvgPool2d } from "./adaptiveAvgPool2d.ts";
import { adaptiveAvgPool2dBackward } from "./adaptiveAvgPool2dBackward.ts";
import { add } from "./add.ts";
import { argMax } from "./argMax.ts";
import { avgPool2d } from "./avgPool2d.ts";
import { avgPool2dBackward } from "./avgPool2dBackward.ts";
import { batchNorm2d } from "./batchNorm2d.ts";
import { batchNorm2dBackward } from "./batchNorm2dBackward.ts";
import { batchNormFactor } from "./batchNormFactor.ts";
import { batchNormFactorBackward } from "./batchNormFactorBackward.ts";
import { cast } from "./cast.ts";
import { checkFinite } from "./checkFinite.ts";
import { chooseQparams } from "./chooseQparams.ts";
import { clamp } from "./clamp.ts";
import { clampBackward } from "./clampBackward.ts";
import { concat } from "./concat.ts";
import { conv2d } from "./conv2d.ts";
import { conv2dBackwardInput } from "./conv2dBackwardInput.ts";
import { conv2dBackwardWeight } from "./conv2dBackwardWeight.ts";
import { dequantize } from "./dequantize.ts";
import { div } from "./div.ts";
import { dropout } from "./dropout.ts";
import { fakeQuantize } from "./fakeQuantize.ts";
import { fakeQuantizeBackward } from "./fakeQuantizeBackward.ts";
import { flatten } from "./flatten.ts";
import { globalAvgPool2d } from "./globalAvgPool2d.ts";
import { hardSigmoid } from "./hardSigmoid.ts";
import { hardSigmoidBackward } from "./hardSigmoidBackward.ts";
import { hardSwish } from "./hardSwish.ts";
import { hardSwishBackward } from "./hardSwishBackward.ts";
import { increment } from "./increment.ts";
import { indexSelect } from "./indexSelect.ts";
import { indexSelectBackward } from "./indexSelectBackward.ts";
import { integerBinary } from "./integerBinary.ts";
import { leakyRelu } from "./leakyRelu.ts";
import { leakyReluBackward } from "./leakyReluBackward.ts";
import { learnableFakeQuantize } from "./learnableFakeQuantize.ts";
import { learnableFakeQuantizeBackward } from "./learnableFakeQuantizeBackward.ts";
import { linear } from "./linear.ts";
import { linearBackwardInput } from "./linearBackwardInput.ts";
import { linearBackwardWeight } from "./linearBackwardWeight.ts";
import { logSoftmax } from "./logSoftmax.ts";
import { matmul } from "./matmul.ts";
import { maxPool2d } from "./maxPool2d.ts";
import { maxPool2dBackward } from "./maxPool2dBackward.ts";
import { maxPool2dWinners } from "./maxPool2dWinners.ts";
import { maxPool2dWinnersBackward } from "./maxPool2dWinnersBackward.ts";
import { mean } from "./mean.ts";
import { meanBackward } from "./meanBackward.ts";
import { minMax } from "./minMax.ts";
import { movingAverageMinMax } from "./movingAverageMinMax.ts";
import { mul } from "./mul.ts";
import { nearestLevel } from "./nearestLevel.ts";
import { observe } from "./observe.ts";
import { packWeight } from "./packWeight.ts";
import { qaccumulate2d } from "./qaccumulate2d.ts";
import { qadaptiveAvgPool2d } from "./qadaptiveAvgPool2d.ts";
import { qadd } from "./qadd.ts";
import { qavgPool2d } from "./qavgPool2d.ts";
import { qclamp } from "./qclamp.ts";
import { qconcat } from "./qconcat.ts";
import { qconv2d } from "./qconv2d.ts";
import { qglobalAvgPool2d } from "./qglobalAvgPool2d.ts";
import { qhardSigmoid } from "./qhardSigmoid.ts";
import { qhardSwish } from "./qhardSwish.ts";
import { qleakyRelu } from "./qleakyRelu.ts";
import { qlinear } from "./qlinear.ts";
import { qmaxPool2d } from "./qmaxPool2d.ts";
import { qmean } from "./qmean.ts";
import { qmul } from "./qmul.ts";
import { qrelu } from "./qrelu.ts";
import { qrelu6 } from "./qrelu6.ts";
import { qsigmoid } from "./qsigmoid.ts";
import { qsub } from "./qsub.ts";
import { quantize } from "./quantize.ts";
import { qupsampleNearest2d } from "./qupsampleNearest2d.ts";
import { relu } from "./relu.ts";
import { relu6 } from "./relu6.ts";
import { relu6Backward } from "./relu6Backward.ts";
import { reluBackward } from "./reluBackward.ts";
import { requantize } from "./requantize.ts";
import { reshape } from "./reshape.ts";
import { sgd } from "./sgd.ts";
import { sigmoid } from "./sigmoid.ts";
import { sigmoidBackward } from "./sigmoidBackward.ts";
import { slice } from "./slice.ts";
import { sliceBackward } from "./sliceBackward.ts";
import { softmax } from "./softmax.ts";
import { softmaxBackward } from "./softmaxBackward.ts";
import { softmaxCrossEntropy } from "./softmaxCrossEntropy.ts";
import { softmaxCrossEntropyBackward } from "./softmaxCrossEntropyBackward.ts";
import { sub } from "./sub.ts";
import { sumToSize } from "./sumToSize.ts";
import { transpose } from "./transpose.ts";
import { unflatten } from "./unflatten.ts";
import { upsampleNearest2d } from "./upsampleNearest2d.ts";
import { upsampleNearest2dBackward } from "./upsampleNearest2dBackward.ts";
import { wideBinary } from "./wideBinary.ts";
import { wideCast } from "./wideCast.ts";
export * from "./op.ts";

export const ops = {
  accumulate,
  adam,
  adaptiveAvgPool2d,
  adaptiveAvgPool2dBackward,
  add,
  argMax,
  avgPool2d,
  avgPool2dBackward,
  batchNorm2d,
  batchNorm2dBackward,
  batchNormFactor,
  batchNormFactorBackward,
  cast,
  checkFinite,
  chooseQparams,
  clamp,
  clampBackward,
  concat,
  conv2d,
  conv2dBackwardInput,
  conv2dBackwardWeight,
  dequantize,
  div,
  dropout,
  fakeQuantize,
  fakeQuantizeBackward,
  flatten,
  globalAvgPool2d,
  hardSigmoid,
  hardSigmoidBackward,
  hardSwish,
  hardSwishBackward,
  increment,
  indexSelect,
  indexSelectBackward,
  integerBinary,
  leakyRelu,
  leakyReluBackward,
  learnableFakeQuantize,
  learnableFakeQuantizeBackward,
  linear,
  linearBackwardInput,
  linearBackwardWeight,
  logSoftmax,
  matmul,
  maxPool2d,
  maxPool2dBackward,
  maxPool2dWinners,
  maxPool2dWinnersBackward,
  mean,
  meanBackward,
  minMax,
  movingAverageMinMax,
  mul,
  nearestLevel,
  observe,
  packWeight,
  qaccumulate2d,
  qadaptiveAvgPool2d,
  qadd,
  qavgPool2d,
  qclamp,
  qconcat,
  qconv2d,
  qglobalAvgPool2d,
  qhardSigmoid,
  qhardSwish,
  qleakyRelu,
  qlinear,
  qmaxPool2d,
  qmean,
  qmul,
  qrelu,
  qrelu6,
  qsigmoid,
  qsub,
  quantize,
  qupsampleNearest2d,
  relu,
  relu6,
  relu6Backward,
  reluBackward,
  requantize,
  reshape,
  sgd,
  sigmoid,
  sigmoidBackward,
  slice,
  sliceBackward,
  softmax,
  softmaxBackward,
  softmaxCrossEntropy,
  softmaxCrossEntropyBackward,
  sub,
  sumToSize,
  transpose,
  unflatten,
  upsampleNearest2d,
  upsampleNearest2dBackward,
  wideBinary,
  wideCast,
};

export type OpName = keyof typeof ops;
