import { add } from "../../src/ops/add.ts";
import type { OpCases } from "../support/cases.ts";
import { broadcastCases } from "../support/broadcast-cases.ts";

export const addCases: OpCases = broadcastCases(add, (a, b) => a + b);
