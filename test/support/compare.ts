/** Comparing tensors: integers to the bit, floats to the bit or by a tolerance. */
import type { Tensors } from "../../src/ops/op.ts";
import { formatType, sameType, type Tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "./cases.ts";

type Tolerance = OpCases["tolerance"];
const shown = 5;

/** undefined when equal, else what differs and where, for a message. */
export function difference(actual: Tensor, expected: Tensor, tolerance?: Tolerance): string | undefined {
  if (!sameType(actual, expected)) return `is ${formatType(actual)}, expected ${formatType(expected)}`;
  const bits = (t: Tensor): ArrayLike<number> =>
    t.dtype === "f32" ? new Uint32Array(t.data.buffer, t.data.byteOffset, t.data.length) : t.data;
  const [a, e] = [bits(actual), bits(expected)];
  const wrong: number[] = [];
  let count = 0;
  for (let i = 0; i < e.length; i++) {
    if (a[i] === e[i] || (actual.dtype === "f32" && close(actual.data[i]!, expected.data[i]!, tolerance))) continue;
    if (count++ < shown) wrong.push(i);
  }
  if (count === 0) return undefined;
  const at = wrong.map((i) => `[${position(i, expected.shape).join(", ")}] ${actual.data[i]} for ${expected.data[i]}`);
  return `${count} of ${e.length} elements of ${formatType(actual)} differ: ${at.join("; ")}${count > shown ? "; ..." : ""}`;
}

function close(a: number, e: number, tolerance: Tolerance): boolean {
  if (Number.isNaN(a) && Number.isNaN(e)) return true;
  return tolerance !== undefined && Number.isFinite(e) && Math.abs(a - e) <= tolerance.atol + tolerance.rtol * Math.abs(e);
}

function position(index: number, shape: readonly number[]): number[] {
  const at: number[] = [];
  for (const d of [...shape].reverse()) {
    at.unshift(index % d);
    index = Math.floor(index / d);
  }
  return at;
}

/** Compares the named outputs; names that only one side has count as a difference. */
export function differences(actual: Tensors, expected: Tensors, tolerance?: Tolerance): string | undefined {
  const lines = Object.keys(expected).map((name) => {
    const a = actual[name];
    const d = a ? difference(a, expected[name]!, tolerance) : "is missing";
    return d && `${name} ${d}`;
  });
  return lines.filter(Boolean).join("\n") || undefined;
}
