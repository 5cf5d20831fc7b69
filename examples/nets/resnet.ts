/** ResNet-like: basic blocks with shortcuts, two of them halving the image, and a global average pool. */
import { nn } from "dot4";
import { basicBlock, convBn } from "./blocks.ts";

export const resnet = (seed: number) =>
  nn.sequential(
    {
      stem: convBn(1, 16, { stride: 2 }),
      block1: basicBlock(16, 16, 1),
      block2: basicBlock(16, 32, 2),
      block3: basicBlock(32, 48, 2),
      pool: nn.globalAvgPool2d(),
      flatten: nn.flatten(),
      fc: nn.linear(48, 10),
    },
    { seed },
  );
