import { sub } from "../../src/ops/sub.ts";
import type { OpCases } from "../support/cases.ts";
import { broadcastCases } from "../support/broadcast-cases.ts";

export const subCases: OpCases = broadcastCases(sub, (a, b) => a - b);
