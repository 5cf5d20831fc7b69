/** MobileNetV2-like: inverted residuals with depthwise convolutions and ReLU6, and a global average pool. */
import { nn } from "dot4";
import { convBn, invertedResidual } from "./blocks.ts";

export const mobilenet = (seed: number) =>
  nn.sequential(
    {
      stem: convBn(1, 16, { stride: 2, activation: nn.relu6 }),
      block1: invertedResidual(16, 16, { stride: 1, expand: 1 }),
      block2: invertedResidual(16, 24, { stride: 2, expand: 4 }),
      block3: invertedResidual(24, 24, { stride: 1, expand: 4 }),
      block4: invertedResidual(24, 32, { stride: 2, expand: 4 }),
      block5: invertedResidual(32, 32, { stride: 1, expand: 4 }),
      head: convBn(32, 128, { kernel: 1, activation: nn.relu6 }),
      pool: nn.globalAvgPool2d(),
      flatten: nn.flatten(),
      fc: nn.linear(128, 10),
    },
    { seed },
  );
