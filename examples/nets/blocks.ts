/** What nets with batch norm are built of. A convolution before a batch norm has no bias: the norm's own takes its place. */
import { nn } from "dot4";

export interface ConvOptions {
  readonly kernel?: number;
  readonly stride?: number;
  readonly groups?: number;
  readonly activation?: () => nn.Module;
}

/** Convolution, batch norm and, unless told otherwise, ReLU. Padding keeps the size at stride 1. */
export const convBn = (from: number, to: number, { kernel = 3, stride = 1, groups = 1, activation = nn.relu }: ConvOptions = {}) =>
  nn.sequential({
    conv: nn.conv2d(from, to, { kernel, stride, groups, padding: (kernel - 1) / 2, bias: false }),
    bn: nn.batchNorm2d(to),
    act: activation(),
  });

/** The same without an activation. */
export const convBnLinear = (from: number, to: number, { kernel = 1, stride = 1 }: Omit<ConvOptions, "activation" | "groups"> = {}) =>
  nn.sequential({
    conv: nn.conv2d(from, to, { kernel, stride, padding: (kernel - 1) / 2, bias: false }),
    bn: nn.batchNorm2d(to),
  });

/** MobileNetV2's block: widen, one filter a channel, narrow; an addition where input and output have one shape. */
export function invertedResidual(from: number, to: number, { stride, expand }: { readonly stride: number; readonly expand: number }) {
  const wide = from * expand;
  const depthwise = convBn(wide, wide, { stride, groups: wide, activation: nn.relu6 });
  const project = convBnLinear(wide, to);
  const block =
    expand === 1
      ? nn.sequential({ depthwise, project })
      : nn.sequential({ expand: convBn(from, wide, { kernel: 1, activation: nn.relu6 }), depthwise, project });
  if (stride !== 1 || from !== to) return block;
  return nn.module(
    { block },
    ({ block }) =>
      (x: nn.Traced) =>
        nn.add(x, block(x)),
  );
}

/** ResNet's basic block: two convolutions and a shortcut, which is a 1x1 convolution where the shape changes. */
export function basicBlock(from: number, to: number, stride: number) {
  const children = { conv1: convBn(from, to, { stride }), conv2: convBnLinear(to, to, { kernel: 3 }), act: nn.relu() };
  if (stride === 1 && from === to)
    return nn.module(
      children,
      ({ conv1, conv2, act }) =>
        (x: nn.Traced) =>
          act(nn.add(conv2(conv1(x)), x)),
    );
  return nn.module(
    { ...children, shortcut: convBnLinear(from, to, { stride }) },
    ({ conv1, conv2, act, shortcut }) =>
      (x: nn.Traced) =>
        act(nn.add(conv2(conv1(x)), shortcut(x))),
  );
}
