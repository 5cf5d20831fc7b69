/**
 * The IDX format of MNIST and Fashion-MNIST (http://yann.lecun.com/exdb/mnist): two zero bytes, element type, number of
 * axes, the sizes as big-endian u32, then the elements. Only unsigned bytes are read. Files may be gzipped.
 */
import { DataError, Dot4Error, type KnownCode } from "../errors.ts";
import { allocate, allocated, tensor, type Tensor } from "../tensor/index.ts";
import { dataset, type Dataset } from "./dataset.ts";

/** What the four files of a data set are called, less `.gz`. */
export const idxFiles = {
  train: { images: "train-images-idx3-ubyte", labels: "train-labels-idx1-ubyte" },
  test: { images: "t10k-images-idx3-ubyte", labels: "t10k-labels-idx1-ubyte" },
} as const;

/** No more than this is unpacked or read: ten times the larger data sets of this format. */
const MAX_BYTES = 2 ** 29;
const UNSIGNED_BYTE = 0x08;

export interface IdxOptions {
  /** The file's name, for errors. A name that ends in `.gz` must be gzip, any other must not. */
  readonly name: string;
  readonly maxBytes?: number;
}

/** The contents of an IDX file, gzipped or raw as its name says. @throws DataError */
export async function readIdx(bytes: Uint8Array, { name, maxBytes = MAX_BYTES }: IdxOptions): Promise<Tensor<"u8">> {
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (packed !== name.endsWith(".gz"))
    throw packed
      ? fail(name, "gzip-as-raw", "is gzip although its name does not end in .gz", { remedy: "Rename or unpack it" })
      : fail(name, "raw-as-gzip", "ends in .gz but is not gzip", { got: hex(bytes.subarray(0, 4)), remedy: "Rename it or fetch it again" });
  return parseIdx(packed ? await gunzip(bytes, name, maxBytes) : bytes, name, maxBytes);
}

/** Images [n, h, w] of bytes and labels [n] as a data set: [n, h, w, 1], divided by 255. @throws DataError */
export function idxDataset(images: Tensor<"u8">, labels: Tensor<"u8">, classes = 10): Dataset {
  if (images.shape.length !== 3)
    throw fail("images", "wrong-rank", "must have three axes [count, h, w]", { got: `${images.shape.length} axes` });
  if (labels.shape.length !== 1) throw fail("labels", "wrong-rank", "must have one axis [count]", { got: `${labels.shape.length} axes` });
  // Division, not multiplication with 1 / 255: the values are f32(byte / 255) as everywhere else.
  const pixels = allocate("f32", images.data.length, "images");
  images.data.forEach((v, i) => (pixels[i] = v / 255));
  return dataset(tensor("f32", [...images.shape, 1], pixels), labels.data, classes);
}

/** Shape and offset of the elements. @throws DataError */
function header(bytes: Uint8Array, name: string, maxBytes: number): { shape: number[]; offset: number; total: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) throw fail(name, "truncated", "ends within its header", { got: `${bytes.length} bytes` });
  const axes = bytes[3]!;
  if (bytes[0] !== 0 || bytes[1] !== 0 || axes < 1 || axes > 4)
    throw fail(name, "bad-magic", "is not an IDX file", { expected: "00 00 08 and 1 to 4 axes", got: hex(bytes.subarray(0, 4)) });
  if (bytes[2] !== UNSIGNED_BYTE)
    throw fail(name, "unsupported-type", "holds elements other than unsigned bytes", { expected: "08", got: hex(bytes.subarray(2, 3)) });
  const offset = 4 + 4 * axes;
  if (bytes.length < offset)
    throw fail(name, "truncated", "ends within its header", { expected: `${offset} bytes`, got: `${bytes.length}` });
  const shape = Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i));
  const elements = shape.reduce((a, b) => a * b, 1);
  if (elements > maxBytes)
    throw fail(name, "too-large", "declares more than is read", { expected: `at most ${maxBytes} bytes`, got: `[${shape.join(", ")}]` });
  if (elements === 0) throw fail(name, "empty", "holds nothing", { got: `[${shape.join(", ")}]` });
  return { shape, offset, total: offset + elements };
}

function parseIdx(bytes: Uint8Array, name: string, maxBytes: number): Tensor<"u8"> {
  const { shape, offset, total } = header(bytes, name, maxBytes);
  if (bytes.length !== total)
    throw fail(name, bytes.length < total ? "truncated" : "too-long", "has another length than its header says", {
      expected: `${total} bytes`,
      got: `${bytes.length}`,
    });
  return tensor(
    "u8",
    shape,
    allocated(name, total - offset, () => bytes.slice(offset)),
  );
}

/** Unpacks only as much as the header within declares, so that a small file cannot fill the memory. */
async function gunzip(bytes: Uint8Array, name: string, maxBytes: number): Promise<Uint8Array> {
  const reader = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  let limit: number | undefined;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      size += value.length;
      if (limit === undefined && size >= 20) limit = header(join(chunks, size, name), name, maxBytes).total;
      if (size > (limit ?? maxBytes)) throw fail(name, "too-long", "unpacks to more than its header says", { expected: `${limit} bytes` });
    }
  } catch (cause) {
    if (cause instanceof Dot4Error) throw cause;
    throw fail(name, "corrupt-gzip", "cannot be unpacked: it is truncated or damaged", { cause, remedy: "Fetch it again" });
  } finally {
    // After an error the rest is not wanted; its failure would say nothing new.
    void reader.cancel().catch(() => undefined);
  }
  return join(chunks, size, name);
}

function join(chunks: readonly Uint8Array[], size: number, name: string): Uint8Array {
  const all = allocated(name, size, () => new Uint8Array(size));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

const hex = (bytes: Uint8Array): string => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join(" ");

const fail = (
  name: string,
  code: KnownCode,
  problem: string,
  more: { expected?: string; got?: string; remedy?: string; cause?: unknown } = {},
): DataError => new DataError({ code, where: name, problem, ...more });
