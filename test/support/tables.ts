/** Cases of the ops that look integers up in a table. */
import type { OpDef, Qparams } from "../../src/ops/op.ts";
import { tableOf } from "../../src/ops/table.ts";
import { scalar, tensor } from "../../src/tensor/index.ts";
import { bytes, randomBytes, wholeRange, type Byte } from "./requantized.ts";
import type { OpCase, OpCases } from "./cases.ts";
import { CHANNELS } from "./quantized.ts";

export const qparamsOf = (dtype: Byte, scale: number, zeroPoint: number): Qparams => ({
  dtype,
  scale: scalar("f32", scale),
  zeroPoint: scalar("i32", zeroPoint),
  ...wholeRange(dtype),
});

/** Cases of `op`, which computes `of`; `own` pin values of the function itself. */
export const tableCases = (op: OpDef, of: (v: number) => number, own: readonly OpCase[]): OpCases => ({
  op,
  cases: [
    ...own,
    {
      name: "every byte of i8 by its table, u8 out",
      inputs: { x: bytes("i8", [2, 128], (i) => i - 128), table: tableOf(of, qparamsOf("i8", 0.05, 7), qparamsOf("u8", 0.03, 20)) },
    },
    {
      name: "every byte of u8 in rows of 3, i8 out: padding stays 0",
      inputs: { x: bytes("u8", [86, 3], (i) => i % 256), table: tableOf(of, qparamsOf("u8", 0.05, 130), qparamsOf("i8", 0.03, -11)) },
    },
    {
      name: "every byte in every lane of vec4s of words, any table",
      inputs: {
        x: bytes("i8", [4, 513, 4], (i) => ((i * 77 + (i >> 8)) % 256) - 128),
        table: tensor(
          "u8",
          [256],
          Uint8Array.from({ length: 256 }, (_, i) => (i * 167 + 13) % 256),
        ),
      },
    },
    {
      name: "the same in rows of 7: padding stays 0",
      inputs: {
        x: bytes("u8", [2, 514, 7], (i) => (i * 77 + (i >> 8)) % 256),
        table: tableOf(of, qparamsOf("u8", 0.05, 130), qparamsOf("i8", 0.03, -11)),
      },
    },
  ],
  random(r) {
    const shape = r.pick([
      [r.int(1, 3), r.int(1, 5), 1, r.pick(CHANNELS)],
      [r.int(1, 7), r.pick(CHANNELS)],
      [r.pick(CHANNELS)],
      [r.pick([512, 700]), 4, r.int(1, 9)],
    ]);
    const x = randomBytes(r, r.pick<Byte>(["i8", "u8"]), shape);
    return {
      name: "random",
      inputs: {
        x,
        table: randomBytes(r, r.pick<Byte>(["i8", "u8"]), [256]),
      },
    };
  },
});
