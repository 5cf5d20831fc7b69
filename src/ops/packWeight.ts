/**
 * packWeight: integer weights in the order in which the int8 kernels read them; with groups an output channel o has input
 * channels group * ic/groups + i, where group = floor(o / (oc / groups)).
 *
 *     y[b, ..., k, lane, j] = w[4 b + lane, ..., i]       where channel 4 (first(b) + k) + j of x is channel i of the group
 *     y[..., c] = w[c, ..., 0]                            depthwise: as many groups as channels, on both sides
 *
 * w i8 or u8 [oc, ...mid, ic/groups] -> y i8 [ceil(oc / 4), ...mid, words, 4, 4], depthwise [...mid, oc]. 0 where there is
 * no weight: past the end of an axis, in lanes that belong to another group. In a buffer (4 values a u32) one vec4<u32>
 * holds 4 output channels x 4 input channels, so that one load serves 16 products per output pixel. The zeros in unused
 * lanes make what an activation holds in its own padding lanes irrelevant.
 * The words are those of x: 4 output channels read `words` of them from first(b) on, as many as the groups of any 4 cover;
 * without groups all, from 0 on.
 * u8 becomes i8 by subtracting 128, and so must the zero point.
 */
import { ShapeError } from "../errors.ts";
import { allocate, formatType, numel, sizes, zeros, type Tensor } from "../tensor/index.ts";
import { expectDType, fixedDim } from "./check.ts";
import { expectGroups } from "./groups.ts";
import { ceilDiv, dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";
import shader from "../../shaders/packWeight.wgsl";

export type PackWeightAttrs = { readonly groups: number };

/** How the weights of a layer lie when they are packed. */
export interface Packing {
  readonly oc: number;
  readonly groups: number;
  /** Channels of one group, out and in. */
  readonly ocGroup: number;
  readonly icGroup: number;
  readonly depthwise: boolean;
  /** Words of x that 4 output channels read at a tap. */
  readonly words: number;
}

/** The first word of x that the 4 output channels from 4 b on read. */
const firstWord = ({ groups, ocGroup, icGroup, words }: Packing, b: number): number =>
  Math.min(Math.floor((Math.floor((4 * b) / ocGroup) * icGroup) / 4), ceilDiv(groups * icGroup, 4) - words);

export function packingOf(oc: number, icGroup: number, groups: number): Packing {
  const ocGroup = oc / groups;
  let words = ceilDiv(icGroup, 4);
  if (groups > 1)
    for (let o = 0; o < oc; o += 4) {
      const [low, high] = [Math.floor(o / ocGroup), Math.floor(Math.min(o + 3, oc - 1) / ocGroup) + 1];
      words = Math.max(words, ceilDiv(high * icGroup, 4) - Math.floor((low * icGroup) / 4));
    }
  return { oc, groups, ocGroup, icGroup, depthwise: groups > 1 && ocGroup === 1 && icGroup === 1, words };
}

/** The packed shape of a weight with these axes between channels. */
export const packedShape = ({ oc, depthwise, words }: Packing, mid: readonly number[]): readonly number[] =>
  depthwise ? [...mid, oc] : [ceilDiv(oc, 4), ...mid, words, 4, 4];

/** Calls `visit` with the places of each weight in the plain tensor [oc, ...mid, icGroup] and in the packed one. */
function forEachWeight(p: Packing, mid: number, visit: (plain: number, packed: number) => void): void {
  for (let o = 0, at = 0; o < p.oc; o++) {
    const [first, start] = [firstWord(p, o >> 2), Math.floor(o / p.ocGroup) * p.icGroup];
    for (let m = 0; m < mid; m++)
      for (let c = start; c < start + p.icGroup; c++, at++) {
        const word = ((o >> 2) * mid + m) * p.words + (c >> 2) - first;
        visit(at, p.depthwise ? m * p.oc + o : (word * 4 + (o & 3)) * 4 + (c & 3));
      }
  }
}

/** The weights [oc, ...mid, icGroup] that `packed` was made from, as plain values. */
export function unpackWeights(packed: Tensor, p: Packing): Int8Array {
  const mid = p.depthwise ? packed.shape.slice(0, -1) : packed.shape.slice(1, -3);
  const w = allocate("i8", p.oc * numel(mid) * p.icGroup, "weights");
  forEachWeight(p, numel(mid), (plain, at) => (w[plain] = packed.data[at]!));
  return w;
}

export const packWeight: OpDef<PackWeightAttrs> = {
  name: "packWeight",
  inputs: ["w"],
  outputs: ["y"],
  quantization: "float",
  defaults: { groups: 1 },

  infer({ w }, { groups }, where) {
    expectDType(where, "w", w!, "i8", "u8");
    if (w!.shape.length < 2)
      throw new ShapeError({
        code: "rank-mismatch",
        where,
        problem: "w must be [oc, ..., ic / groups]",
        expected: "rank 2 or more",
        got: formatType(w!),
      });
    const shape = w!.shape.map((_, axis) => fixedDim(where, "w", w!, axis));
    expectGroups(where, groups, groups * shape.at(-1)!, shape[0]!);
    return { y: { dtype: "i8", shape: packedShape(packingOf(shape[0]!, shape.at(-1)!, groups), shape.slice(1, -1)) } };
  },

  reference({ w }, { groups }) {
    const mid = w!.shape.slice(1, -1);
    const p = packingOf(w!.shape[0]!, w!.shape.at(-1)!, groups);
    const y = zeros("i8", packedShape(p, mid));
    const zero = w!.dtype === "u8" ? 128 : 0;
    forEachWeight(p, numel(mid), (plain, at) => (y.data[at] = w!.data[plain]! - zero));
    return { y };
  },

  kernel({ w }, { groups }, device) {
    const shape = sizes(w!.shape);
    const { oc, ocGroup, icGroup, depthwise, words } = packingOf(shape[0]!, shape.at(-1)!, groups);
    const mid = numel(shape.slice(1, -1));
    const count = depthwise ? mid * ceilDiv(oc, 4) : ceilDiv(oc, 4) * mid * words * 4;
    const params = { count, oc, mid, ocGroup, icGroup, words, last: ceilDiv(groups * icGroup, 4) - words };
    const constants = { DEPTHWISE: depthwise, FLIP: w!.dtype === "u8" ? 0x80 : 0 };
    return [{ name: "word", calls: [{ shader, constants, params, workgroups: dispatch1d(count, 64, device) }] }];
  },
};
