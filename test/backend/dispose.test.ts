/** Disposing of backends and compiled graphs, also of those at work: a typed error on what is pending, and no memory held. */
import { describe, expect, it } from "vitest";
import { DeviceLostError, UsageError } from "../../src/errors.ts";
import { counting, doomed, failure, open, x } from "./failing.ts";

describe("dispose", () => {
  it("twice is once, and every later use is a UsageError", async () => {
    const backend = await open();
    const run = await backend.compile(counting(), { sizes: { n: 7 } });
    run.dispose();
    run.dispose();
    const uses = [
      () => run({ x: x() }),
      () => run.step({ x: x() }),
      () => run.readStates(),
      () => run.writeStates(new Map()),
      () => run.values(),
      async () => run.stats(),
    ];
    for (const use of uses) {
      const e = await failure(use());
      expect(e).toBeInstanceOf(UsageError);
      expect(e.code).toBe("disposed");
    }
    backend.dispose();
    backend.dispose();
    expect((await failure(backend.compile(counting()))).code).toBe("disposed");
  });

  it("during runs fails these with the same error", async () => {
    for (const what of ["graph", "backend"] as const) {
      const backend = await open();
      const run = await backend.compile(counting(), { sizes: { n: 7 } });
      await run({ x: x() });
      const pending = [run({ x: x() }), run({ x: x() }), run({ x: x(11) }), run.readStates()].map(failure);
      await Promise.resolve();
      (what === "graph" ? run : backend).dispose();
      for (const e of await Promise.all(pending)) expect([e.constructor.name, e.code]).toEqual(["UsageError", "disposed"]);
      expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
      backend.dispose();
    }
  });

  it("of one backend leaves the others alone: a compiled graph belongs to its own device", async () => {
    const [mine, other] = [await doomed(), await doomed()];
    const [run, otherRun] = await Promise.all([mine, other].map(({ backend }) => backend.compile(counting(), { sizes: { n: 7 } })));
    const expected = await otherRun!({ x: x() });
    mine.destroy();
    expect(await failure(run!({ x: x() }))).toBeInstanceOf(DeviceLostError);
    mine.backend.dispose();
    expect(await otherRun!({ x: x() })).toEqual(expected);
    // What one device computed is plain memory, and welcome on another.
    await otherRun!.writeStates(new Map([["s", expected["y"]!]]));
    other.backend.dispose();
    expect((await failure(otherRun!({ x: x() }))).code).toBe("disposed");
    expect([mine.backend.memory().buffers, other.backend.memory().buffers]).toEqual([0, 0]);
  });

  it("of the backend ends what is being compiled", async () => {
    const backend = await open();
    const compiling = failure(backend.compile(counting(), { sizes: { n: 7 } }));
    backend.dispose();
    expect((await compiling).code).toBe("disposed");
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });
});
