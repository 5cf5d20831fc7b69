/** The published nets at full size, for 224 x 224 colour images and 1000 classes: MobileNetV2 1.0 and ResNet-18. */
import { nn } from "dot4";
import { basicBlock, convBn, invertedResidual } from "./blocks.ts";

/** Named parts one after the other: block1, block2, ... */
const numbered = (name: string, parts: readonly nn.Module[]): Record<string, nn.Module> =>
  Object.fromEntries(parts.map((part, i) => [`${name}${i + 1}`, part]));

/** M. Sandler and others, "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018, table 2. */
export function mobilenetV2(seed: number, classes = 1000) {
  const stages = [
    { expand: 1, channels: 16, count: 1, stride: 1 },
    { expand: 6, channels: 24, count: 2, stride: 2 },
    { expand: 6, channels: 32, count: 3, stride: 2 },
    { expand: 6, channels: 64, count: 4, stride: 2 },
    { expand: 6, channels: 96, count: 3, stride: 1 },
    { expand: 6, channels: 160, count: 3, stride: 2 },
    { expand: 6, channels: 320, count: 1, stride: 1 },
  ];
  let from = 32;
  const blocks = stages.flatMap(({ expand, channels, count, stride }) =>
    Array.from({ length: count }, (_, i) => {
      const block = invertedResidual(from, channels, { stride: i === 0 ? stride : 1, expand });
      from = channels;
      return block;
    }),
  );
  return nn.sequential(
    {
      stem: convBn(3, 32, { stride: 2, activation: nn.relu6 }),
      ...numbered("block", blocks),
      head: convBn(320, 1280, { kernel: 1, activation: nn.relu6 }),
      pool: nn.globalAvgPool2d(),
      flatten: nn.flatten(),
      dropout: nn.dropout(0.2),
      fc: nn.linear(1280, classes),
    },
    { seed },
  );
}

/** K. He and others, "Deep Residual Learning for Image Recognition", 2015, table 1. */
export function resnet18(seed: number, classes = 1000) {
  const widths = [64, 128, 256, 512];
  const blocks = widths.flatMap((width, i) => [
    basicBlock(widths[Math.max(i - 1, 0)]!, width, i === 0 ? 1 : 2),
    basicBlock(width, width, 1),
  ]);
  return nn.sequential(
    {
      stem: convBn(3, 64, { kernel: 7, stride: 2 }),
      pool: nn.maxPool2d(3, { stride: 2, padding: 1 }),
      ...numbered("block", blocks),
      mean: nn.globalAvgPool2d(),
      flatten: nn.flatten(),
      fc: nn.linear(512, classes),
    },
    { seed },
  );
}
