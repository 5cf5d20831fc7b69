/**
 * qsigmoid: 1 / (1 + exp(-x)) of the real values that x stands for, by a table of all 256 bytes (table.ts):
 * y = table[x - the smallest integer of x's type]. x i8 or u8 of any shape; table [256] and y i8 or u8, of one type.
 */
import { byTable } from "./table.ts";

export const qsigmoid = byTable("qsigmoid");
