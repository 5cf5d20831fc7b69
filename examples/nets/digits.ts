/** The quickstart's net: two convolutions and a linear layer, for 28 x 28 grey images. */
import { nn } from "dot4";

export const digits = (seed: number) =>
  nn.sequential(
    {
      conv1: nn.conv2d(1, 40, { kernel: 3, padding: 1 }),
      relu1: nn.relu(),
      pool1: nn.maxPool2d(2),
      conv2: nn.conv2d(40, 40, { kernel: 3, padding: 1 }),
      relu2: nn.relu(),
      pool2: nn.maxPool2d(2),
      flatten: nn.flatten(),
      fc: nn.linear(7 * 7 * 40, 10),
    },
    { seed },
  );
