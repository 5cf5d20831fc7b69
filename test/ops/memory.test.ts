/// <reference types="vite/client" />
/** Whatever memory a reference asks for, where the host refuses it that is an OutOfMemoryError. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { OutOfMemoryError } from "../../src/errors.ts";
import { Random } from "../../src/numerics/random.ts";
import type { OpCase } from "../support/cases.ts";
import { isCases } from "../support/integers.ts";

/** Before src sees the arrays. */
const { memory } = await vi.hoisted(() => import("../support/memory.ts"));
afterEach(() => void (memory.refuses = memory.granted));

const modules = import.meta.glob<Record<string, unknown>>("./*.cases.ts", { eager: true });
const suites = Object.values(modules).flatMap((exports) => Object.values(exports).filter(isCases));

/** Bytes of what no data makes larger: the state that a random number comes from. */
const SMALL = 16;
/** Inputs of more bytes take long to compute with, and ask for no other arrays. */
const LARGE = 2 ** 14;

const bytesOf = ({ inputs }: OpCase): number => Object.values(inputs).reduce((sum, t) => sum + (t?.data.byteLength ?? 0), 0);

describe("memory that the host refuses to a reference is an OutOfMemoryError:", () => {
  it.each(suites.map((s) => [s.op.name, s] as const))("%s", (_, { op, cases, random }) => {
    const all = [...cases, ...Array.from({ length: 20 }, (_, seed) => random(new Random(seed)))];
    for (const c of all.filter((c) => bytesOf(c) <= LARGE)) {
      let arrays = 0;
      /** The reference, refused its array of this number. */
      const run = (refused?: number) => {
        arrays = 0;
        memory.refuses = (bytes) => bytes > SMALL && arrays++ === refused;
        try {
          return op.reference(c.inputs, { ...op.defaults, ...c.attrs });
        } finally {
          memory.refuses = memory.granted;
        }
      };
      const given = new Set(Object.values(c.inputs).map((t) => t?.data.buffer));
      const made = Object.values(run()).filter((t) => t && t.data.byteLength > SMALL && !given.has(t.data.buffer));
      const asked = arrays;
      expect(asked).toBeGreaterThanOrEqual(made.length);
      for (let i = 0; i < asked; i++) expect(() => run(i), `${c.name}: array ${i} of ${asked}`).toThrow(OutOfMemoryError);
    }
  });
});
