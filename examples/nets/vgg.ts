/** VGG-like: pairs of 3x3 convolutions with batch norm, a pool after each pair, two linear layers with dropout between. */
import { nn } from "dot4";
import { convBn } from "./blocks.ts";

const pair = (from: number, to: number) => nn.sequential({ conv1: convBn(from, to), conv2: convBn(to, to), pool: nn.maxPool2d(2) });

export const vgg = (seed: number) =>
  nn.sequential(
    {
      block1: pair(1, 12),
      block2: pair(12, 24),
      block3: pair(24, 48),
      flatten: nn.flatten(),
      fc1: nn.linear(3 * 3 * 48, 64),
      relu: nn.relu(),
      dropout: nn.dropout(0.2),
      fc2: nn.linear(64, 10),
    },
    { seed },
  );
