/** Wrong tensors given to what is compiled, on each backend: a typed error, and all goes on as if they had not been given. */
import { afterAll, describe, expect, it } from "vitest";
import { cpu } from "../../src/backend/cpu/index.ts";
import type { Backend, Compiled } from "../../src/backend/backend.ts";
import type { WebGpuBackend } from "../../src/backend/webgpu/index.ts";
import { Dot4Error, DTypeError, ShapeError, UsageError } from "../../src/errors.ts";
import { tensor, zeros, type Tensor } from "../../src/tensor/index.ts";
import { counting, open, x } from "./failing.ts";

const detached = (): Tensor => {
  const t = x();
  structuredClone(t.data.buffer, { transfer: [t.data.buffer as ArrayBuffer] });
  return t;
};
type Kind = abstract new (...args: never[]) => Error;
/** For input x i32 [n] and state s i32 [7]. */
const wrong: readonly (readonly [what: string, make: () => Tensor, kind: Kind, code: string])[] = [
  ["of another rank", () => tensor("i32", [7, 1], new Int32Array(7)), ShapeError, "shape-mismatch"],
  ["of another dtype", () => zeros("f32", [7]), DTypeError, "dtype-mismatch"],
  ["of bytes", () => zeros("i8", [7]), DTypeError, "dtype-mismatch"],
  ["shorter than its shape", () => ({ ...x(), data: new Int32Array(6) }), ShapeError, "length-mismatch"],
  ["longer than its shape", () => ({ ...x(), data: new Int32Array(8) }), ShapeError, "length-mismatch"],
  ["in another typed array", () => ({ ...x(), data: new Uint32Array(7) as unknown as Int32Array }), DTypeError, "dtype-mismatch"],
  ["in a plain list", () => ({ ...x(), data: [0, 1, 2, 3, 4, 5, 6] as unknown as Int32Array }), DTypeError, "dtype-mismatch"],
  ["detached", detached, UsageError, "detached-buffer"],
  ["shared", () => ({ ...x(), data: new Int32Array(new SharedArrayBuffer(28)) }), UsageError, "shared-buffer"],
];
/** For the input alone, whose size is free. */
const wrongInputs: typeof wrong = [
  ["of more than 2^31 elements", () => ({ ...x(), shape: [2 ** 31] }), ShapeError, "too-large"],
  ["of more elements than numbers can count", () => ({ ...x(), shape: [2 ** 60] }), ShapeError, "bad-shape"],
  ["empty", () => zeros("i32", [0]), ShapeError, "empty-batch"],
  ["of negative size", () => ({ ...x(), shape: [-7] }), ShapeError, "bad-shape"],
  ["of size NaN", () => ({ ...x(), shape: [NaN] }), ShapeError, "bad-shape"],
];
const wrongStates: typeof wrong = [["of another size", () => x(8), ShapeError, "shape-mismatch"]];

let gpu: WebGpuBackend | undefined;
afterAll(() => gpu?.dispose());
const backends: readonly (readonly [string, () => Promise<Backend>])[] = [
  ["cpu", async () => cpu()],
  ["webgpu", async () => (gpu ??= await open())],
];

describe.each(backends)("%s", (_, backend) => {
  /** Does something wrong between two runs of a graph that counts. */
  async function between(act: (run: Compiled) => Promise<unknown>, kind: Kind, code: string): Promise<void> {
    using whole = await (await backend()).compile(counting());
    using run = await (await backend()).compile(counting());
    for (const r of [whole, run]) await r.step({ x: x() });
    const memory = gpu?.memory();
    const failure: unknown = await act(run).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(kind);
    expect(failure).toBeInstanceOf(Dot4Error);
    expect(failure).toMatchObject({ code, where: expect.stringMatching(/input "x"|state "s"/) as string });
    expect(gpu?.memory()).toEqual(memory);
    expect(await run({ x: x() })).toEqual(await whole({ x: x() }));
    expect(await run.readStates()).toEqual(await whole.readStates());
  }

  it.each([...wrong, ...wrongInputs])("an input %s is refused by run and step", async (_, make, kind, code) => {
    await between((run) => run({ x: make() }), kind, code);
    await between((run) => run.step({ x: make() }), kind, code);
  });

  it.each([...wrong, ...wrongStates])("a state %s is refused, and no other is written", async (_, make, kind, code) => {
    await between((run) => run.writeStates(new Map([["s", make()]])), kind, code);
  });
});
