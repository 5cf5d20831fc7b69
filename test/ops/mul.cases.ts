import { mul } from "../../src/ops/mul.ts";
import type { OpCases } from "../support/cases.ts";
import { broadcastCases } from "../support/broadcast-cases.ts";

export const mulCases: OpCases = broadcastCases(mul, (a, b) => a * b);
