/**
 * A checkpoint: all of a training between two steps, in one self-describing file.
 *
 *     8 bytes   magic: 89 "dot4" 0D 0A 1A, which a transfer as text would spoil
 *     u32       CRC-32 of what follows, to the end of the header
 *     u32       format version
 *     u32       bytes of the header
 *     header    JSON: counters, position, facts, and name, role, dtype, shape and CRC-32 of each state
 *     states    their elements in the header's order, nothing between them and nothing after
 *
 * Numbers are little-endian. Every byte is either compared or under a checksum.
 */
import { DataError } from "../errors.ts";
import type { State, StateRole } from "../graph/index.ts";
import { allocate, allocated, numel, tensor, type DType } from "../tensor/index.ts";
import { crc32 } from "./crc32.ts";
import type { Facts } from "./facts.ts";
import { HeaderReader } from "./headerReader.ts";

/** Of the format that this version writes, and the only one it reads. */
export const CHECKPOINT_VERSION = 1;

/** What is frozen, from some epoch on. */
export interface Phase {
  readonly observers: boolean;
  readonly batchNorm: boolean;
}

/** Where `fit` stands. */
export interface FitPosition {
  readonly epoch: number;
  /** Batches of this epoch that are done. */
  readonly batch: number;
  /** Sums over those samples of the epoch that were read back. */
  readonly samples: number;
  readonly loss: number;
  readonly correct: number;
  /** What decides the order of the data, and from when on what is frozen. */
  readonly plan: Facts;
}

export interface Checkpoint {
  readonly version: number;
  /** Steps done. Schedules and everything that counts by steps go on from here. */
  readonly step: number;
  /** Steps in all, as far as known: those whose learning rates are among the facts. undefined in files of earlier versions. */
  readonly planned?: number | undefined;
  /** Samples and steps that the metrics among the states hold: not read back yet. */
  readonly gathered: { readonly samples: number; readonly steps: number };
  readonly phase: Phase;
  /** undefined where steps were taken without `fit`. */
  readonly fit: FitPosition | undefined;
  /** What the training is made of. */
  readonly facts: Facts;
  /** f32 master weights, moments, observers, running statistics, counters of random numbers, metrics. */
  readonly states: ReadonlyMap<string, State>;
}

const MAGIC = Uint8Array.of(0x89, 0x64, 0x6f, 0x74, 0x34, 0x0d, 0x0a, 0x1a);
const PRELUDE = 20;
const ROLES: readonly StateRole[] = ["parameter", "observer", "optimizer", "metric", "buffer", "random"];
const DTYPES: readonly DType[] = ["f32", "i32", "u32", "i8", "u8"];

const bytesOf = ({ tensor: { data } }: State): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

export function writeCheckpoint({
  step,
  planned,
  gathered,
  phase,
  fit,
  facts,
  states,
}: Omit<Checkpoint, "version">): Uint8Array<ArrayBuffer> {
  const described = [...states].map(([name, s]) => {
    const { dtype, shape } = s.tensor;
    return { name, role: s.role, dtype, shape, crc: crc32(bytesOf(s)) };
  });
  const { epoch, batch, samples, loss, correct, plan } = fit ?? {};
  const position = plan ? { epoch, batch, samples, loss, correct, plan: [...plan] } : null;
  const text = JSON.stringify({ step, planned, gathered, phase, fit: position, facts: [...facts], states: described });
  const header = new TextEncoder().encode(text);
  const total = [...states.values()].reduce((sum, s) => sum + s.tensor.data.byteLength, PRELUDE + header.length);
  const bytes = allocated("checkpoint", total, () => new Uint8Array(total));
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(12, CHECKPOINT_VERSION, true);
  view.setUint32(16, header.length, true);
  bytes.set(header, PRELUDE);
  view.setUint32(8, headerCrc(bytes, header.length), true);
  let at = PRELUDE + header.length;
  for (const s of states.values()) {
    bytes.set(bytesOf(s), at);
    at += s.tensor.data.byteLength;
  }
  return bytes;
}

const headerCrc = (bytes: Uint8Array, length: number): number => crc32(bytes.subarray(12, PRELUDE + length));

const damaged = (code: string, problem: string, facts: { readonly expected?: string; readonly got?: string } = {}): DataError =>
  new DataError({ code, where: "checkpoint", problem, ...facts, remedy: "Load an earlier checkpoint" });

/**
 * Checks and reads a checkpoint; the tensors are copies.
 * @throws DataError "not-a-checkpoint", "unsupported-version", "truncated", "corrupt", "bad-header" or "too-long"
 */
export function readCheckpoint(bytes: Uint8Array): Checkpoint {
  if (MAGIC.some((b, i) => bytes[i] !== b)) throw damaged("not-a-checkpoint", "does not begin as a checkpoint does");
  if (bytes.length < PRELUDE) throw damaged("truncated", "ends before its header", { got: `${bytes.length} bytes` });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [crc, version, length] = [8, 12, 16].map((at) => view.getUint32(at, true)) as [number, number, number];
  if (version !== CHECKPOINT_VERSION)
    throw damaged("unsupported-version", "is of another format version", { expected: String(CHECKPOINT_VERSION), got: String(version) });
  if (length > bytes.length - PRELUDE)
    throw damaged("truncated", "ends within its header", { expected: `${PRELUDE + length} bytes`, got: String(bytes.length) });
  if (headerCrc(bytes, length) !== crc) throw damaged("corrupt", "its header does not match its checksum");
  return readHeader(version, bytes.subarray(PRELUDE, PRELUDE + length), bytes.subarray(PRELUDE + length));
}

function readHeader(version: number, header: Uint8Array, contents: Uint8Array): Checkpoint {
  const h = HeaderReader.parse(header, (problem) => damaged("bad-header", problem));
  const position = h.optional("fit");
  const phase = h.child("phase");
  const gathered = h.child("gathered");
  return {
    version,
    step: h.whole("step"),
    planned: h.wholeOrNone("planned"),
    gathered: { samples: gathered.whole("samples"), steps: gathered.whole("steps") },
    phase: { observers: phase.flag("observers"), batchNorm: phase.flag("batchNorm") },
    fit: position && {
      epoch: position.whole("epoch"),
      batch: position.whole("batch"),
      samples: position.whole("samples"),
      loss: position.finite("loss"),
      correct: position.finite("correct"),
      plan: position.texts("plan"),
    },
    facts: h.texts("facts"),
    states: readStates(h.children("states"), contents),
  };
}

function readStates(described: readonly HeaderReader[], contents: Uint8Array): ReadonlyMap<string, State> {
  const states = new Map<string, State>();
  let at = 0;
  for (const d of described) {
    const name = d.text("name");
    const [role, dtype, shape, crc] = [d.oneOf("role", ROLES), d.oneOf("dtype", DTYPES), d.wholes("shape"), d.whole("crc")];
    if (states.has(name)) throw damaged("bad-header", `state "${name}" is there twice`);
    const size = numel(shape) * allocate(dtype, 0).BYTES_PER_ELEMENT;
    if (size > contents.length - at)
      throw damaged("truncated", `ends before or within state "${name}"`, {
        expected: `${size} bytes of it`,
        got: String(contents.length - at),
      });
    const part = contents.subarray(at, (at += size));
    if (crc32(part) !== crc) throw damaged("corrupt", `state "${name}" does not match its checksum`);
    const data = allocate(dtype, numel(shape), `checkpoint state "${name}"`);
    new Uint8Array(data.buffer).set(part);
    states.set(name, { role, tensor: tensor(dtype, shape, data) });
  }
  if (at !== contents.length) throw damaged("too-long", "goes on after its last state", { got: `${contents.length - at} more bytes` });
  return states;
}
