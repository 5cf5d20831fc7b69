/** Three convolutions with batch norm and two linear layers. */
import { nn } from "dot4";
import { convBn } from "./blocks.ts";

export const bn3 = (seed: number) =>
  nn.sequential(
    {
      conv1: convBn(1, 16),
      pool1: nn.maxPool2d(2),
      conv2: convBn(16, 32),
      pool2: nn.maxPool2d(2),
      conv3: convBn(32, 32),
      pool3: nn.maxPool2d(2),
      flatten: nn.flatten(),
      fc1: nn.linear(3 * 3 * 32, 64),
      relu: nn.relu(),
      fc2: nn.linear(64, 10),
    },
    { seed },
  );
