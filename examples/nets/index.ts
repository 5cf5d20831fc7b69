/** The nets that `npm start -- --net NAME` and the page offer, all for 28 x 28 grey images and 10 classes. */
import type { nn } from "dot4";
import { bn3 } from "./bn3.ts";
import { digits } from "./digits.ts";
import { mobilenet } from "./mobilenet.ts";
import { resnet } from "./resnet.ts";
import { vgg } from "./vgg.ts";

export interface Net {
  readonly model: (seed: number) => nn.Module;
  /** Float training epochs on 8000 images or more. */
  readonly epochs: number;
  /** Peak learning rates of the two trainings. */
  readonly lr: { readonly float: number; readonly qat: number };
  /** In the last of several QAT epochs ranges and running statistics stay as they are. */
  readonly freeze: boolean;
}

export type NetName = "digits" | "bn3" | "vgg" | "mobilenet" | "resnet";

export const nets: Readonly<Record<NetName, Net>> = {
  digits: { model: digits, epochs: 3, lr: { float: 3e-3, qat: 1e-3 }, freeze: false },
  bn3: { model: bn3, epochs: 5, lr: { float: 3e-3, qat: 1e-3 }, freeze: true },
  vgg: { model: vgg, epochs: 3, lr: { float: 3e-3, qat: 1e-3 }, freeze: true },
  mobilenet: { model: mobilenet, epochs: 5, lr: { float: 5e-3, qat: 1e-3 }, freeze: true },
  resnet: { model: resnet, epochs: 3, lr: { float: 3e-3, qat: 1e-3 }, freeze: true },
};

export const netNames = Object.keys(nets) as readonly NetName[];

export const isNetName = (name: string): name is NetName => Object.hasOwn(nets, name);
