/**
 * How the threads of integer sums and products walk tensors that are broadcast (shaders/lib/pairWords.wgsl): in units, vec4s of
 * words or words, each thread along one axis. Vec4s may be spread over rows: of rows that are no whole vec4s, 2 or 4 are.
 */
import { broadcastStrides, mergeAxes } from "./broadcast.ts";
import { ceilDiv } from "./kernel.ts";
import type { DeviceInfo, KernelCall } from "./op.ts";
import { numel } from "../tensor/index.ts";

/** Axes of the kernel's grid. */
export const MAX_RANK = 6;
/** Rounds of a thread at most, of four words each: one for each bit of a u32. */
const MAX_ROUNDS = 32;
/** Where vec4s are spread over rows, a thread walks no row; it should find as many units down the rows. */
const FEW = 4;

export interface Walk {
  readonly threads: number;
  readonly params: Readonly<Record<string, number>>;
  readonly constants: NonNullable<KernelCall["constants"]>;
}

export interface VectorWalk extends Walk {
  /** Whether a and b are read as vec4s. */
  readonly units: readonly boolean[];
}

/** Sizes of y, a and b, and whether they hold four elements a word. */
export interface Operands {
  readonly shapes: readonly [readonly number[], readonly number[], readonly number[]];
  readonly packed: boolean;
}

/** Units along an axis of y, and how far they are apart in y, a and b. */
interface Axis {
  readonly size: number;
  readonly steps: readonly number[];
}

/** The axes of y in words, innermost first; neighbours that all step alike are one, but rows that end inside a word stay. */
function axesOf({ shapes, packed }: Operands): readonly Axis[] {
  const words = packed ? shapes.map((shape) => [...shape.slice(0, -1), ceilDiv(shape.at(-1) ?? 1, 4)]) : shapes;
  const y = words[0]!;
  const strides = words.map((side) => broadcastStrides(side, y));
  const outer = packed && (shapes[0].at(-1) ?? 1) % 4 !== 0 ? -1 : undefined;
  const merged = mergeAxes(
    y.slice(0, outer),
    strides.map((s) => s.slice(0, outer)),
  );
  const axes = merged.shape.map((size, i) => ({ size, steps: merged.strides.map((s) => s[i]!) })).reverse();
  return outer ? [{ size: y.at(-1)!, steps: strides.map((s) => s.at(-1)!) }, ...axes] : axes;
}

/** The walk word by word. */
export function wordWalk(operands: Operands, device: DeviceInfo): Walk {
  const axes = axesOf(operands);
  return walkOf(operands, axes, axes, 1, device);
}

/** The walk by vec4s, where there is one. */
export function vectorWalk(operands: Operands, device: DeviceInfo): VectorWalk | undefined {
  const [row, next, ...outer] = axesOf(operands) as [Axis, ...Axis[]];
  const rows = [1, 4, 2, 4][row.size % 4]!;
  if (numel(operands.shapes[0]) === 0 || (rows > 1 && (!next || next.size % rows !== 0))) return undefined;
  const apart = next?.steps ?? [0, 0, 0];
  const units = row.steps.map((step, s) => (row.size === 1 || step === 1) && (rows === 1 || apart[s] === row.size));
  const inUnits = ({ size, steps }: Axis): Axis => ({ size, steps: steps.map((step, s) => (units[s] ? step / 4 : step)) });
  const inner = { size: (rows * row.size) / 4, steps: units.map(Number) };
  const others = [...(next ? [{ size: next.size / rows, steps: apart.map((step) => step * rows) }] : []), ...outer].map(inUnits);
  const axes = [inner, ...others];
  const candidates = rows > 1 ? others : axes;
  if (rows > 1 && candidates.every(({ size }) => size < FEW)) return undefined;
  const walk = walkOf(operands, axes, candidates, 4, device);
  const same = row.steps.map((step, s) => !units[s] && step === 0 && (rows === 1 || apart[s] === 0));
  const [, aColumn, bColumn] = row.steps as [number, number, number];
  const [, aRow, bRow] = apart as [number, number, number];
  return {
    ...walk,
    params: { ...walk.params, columns: row.size, rows, aColumn, bColumn, aRow, bRow },
    constants: { ...walk.constants, UNITS_A: units[1]!, UNITS_B: units[2]!, SAME_A: same[1]!, SAME_B: same[2]! },
    units: units.slice(1),
  };
}

/** Grid, Params and overrides: each thread takes units along one of the candidates, and the other axes are its grid. */
function walkOf(
  { shapes, packed }: Operands,
  axes: readonly Axis[],
  candidates: readonly Axis[],
  words: 1 | 4,
  { software }: DeviceInfo,
): Walk {
  const count = numel(axes.map((axis) => axis.size));
  // Long runs where a thread's beginning is dear, as long as all cores have some.
  const rounds = software ? Math.max(1, Math.min(MAX_ROUNDS, ceilDiv(count * words, 4096))) : 1;
  const most = (rounds * 4) / words;
  const worth = ({ size, steps }: Axis): number => Math.min(size, most) * (steps.includes(0) ? 1.5 : 1);
  const along = candidates.reduce((best, axis) => (worth(axis) > worth(best) ? axis : best));
  const chunks = ceilDiv(along.size, most);
  const length = ceilDiv(along.size, Math.max(1, chunks));
  const inner = along === axes[0];
  // On a GPU neighbouring threads read neighbours.
  const pitch = inner && !software ? chunks : 1;
  const start = pitch > 1 ? 1 : length;
  const rest = axes.filter((axis) => axis !== along);
  const chunk = { size: chunks, steps: along.steps.map((step) => step * start) };
  const grid = inner ? [chunk, ...rest] : [...rest, chunk];
  const threads = count && numel(grid.map((axis) => axis.size));
  const steps = along.steps.map((step) => step * pitch);
  const [y, a, b] = shapes.map((shape) => shape.at(-1) ?? 1) as [number, number, number];
  const params: Record<string, number> = {
    threads,
    columns: packed ? ceilDiv(y, 4) : y,
    rows: 1,
    aColumn: 0,
    bColumn: 0,
    aRow: 0,
    bRow: 0,
  };
  Object.assign(params, { length, positions: along.size, pitch, start, innermost: Number(inner) });
  if (packed) Object.assign(params, { tail: 0xffffffff >>> (8 * (-y & 3)), column: inner ? pitch * words : 0 });
  ["y", "a", "b"].forEach((side, s) => {
    params[side] = steps[s]!;
    params[`${side}Last`] = grid.at(-1)!.steps[s]!;
    for (let i = 0; i < MAX_RANK - 1; i++) {
      const axis = grid.slice(0, -1)[i];
      params[`size${i}`] = axis?.size ?? 1;
      params[`${side}${i}`] = axis?.steps[s] ?? 0;
    }
  });
  const spread = packed && { PADDED: y % 4 !== 0, SPREAD_A: a === 1 && y !== 1, SPREAD_B: b === 1 && y !== 1 };
  return { threads, params, constants: { AXES: grid.length, FIXED_B: steps[2] === 0, ...spread } };
}
