/** Images with labels, and the order in which training sees them. */
import { DataError, DTypeError, UsageError } from "../errors.ts";
import { Random } from "../numerics/random.ts";
import { allocate, filled, formatShape, tensor, type Tensor } from "../tensor/index.ts";
import { crc32 } from "./crc32.ts";

export interface Dataset {
  /** [count, h, w, c], 0 .. 1 */
  readonly images: Tensor<"f32">;
  /** [count], 0 .. classes - 1 */
  readonly labels: Tensor<"i32">;
  readonly classes: number;
  readonly count: number;
}

/**
 * A data set, checked.
 * @throws DataError when images and labels differ in number or a label is not a whole number in 0 .. classes - 1
 */
export function dataset(images: Tensor<"f32">, labels: ArrayLike<number>, classes: number): Dataset {
  const count = images.shape[0] ?? 0;
  if (images.shape.length !== 4)
    throw new DataError({
      code: "bad-images",
      where: "dataset",
      problem: "images must be [count, h, w, c]",
      got: formatShape(images.shape),
      remedy: "Reshape the images; grey ones have c = 1",
    });
  if (labels.length !== count)
    throw new DataError({
      code: "count-mismatch",
      where: "dataset",
      problem: "images and labels differ in number",
      expected: `${count} labels`,
      got: `${labels.length}`,
      remedy: "Give one label for each image",
    });
  checkLabels("dataset", labels, classes);
  return { images, labels: filled("i32", [count], (i) => labels[i]!, "labels"), classes, count };
}

/** @throws DataError for the first label that is not a class. */
export function checkLabels(where: string, labels: ArrayLike<number>, classes: number): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (Number.isInteger(label) && label >= 0 && label < classes) continue;
    throw new DataError({
      code: Number.isInteger(label) ? "label-out-of-range" : "fractional-label",
      where,
      problem: `label ${i} is not a class`,
      expected: `a whole number from 0 to ${classes - 1}`,
      got: String(label),
      remedy: "Map the labels to classes, or say how many classes there are",
    });
  }
}

/** How many samples a batch holds. @throws DataError | DTypeError unless each has a label that is a class */
export function checkBatch(where: string, { labels }: Batch, classes: number): number {
  if (!labels)
    throw new DataError({
      code: "missing-labels",
      where,
      problem: 'the batch holds no "labels"',
      expected: "{ x, labels }",
      remedy: "Give the batch its labels",
    });
  checkLabels(where, labels.data, classes);
  if (labels.dtype !== "i32")
    throw new DTypeError({
      code: "dtype-mismatch",
      where,
      problem: "labels are of another element type",
      expected: "i32",
      got: labels.dtype,
    });
  return labels.data.length;
}

/** The images from `start` up to `end`, as a view. */
export function slice(data: Dataset, start: number, end: number = data.count): Dataset {
  const [, ...rest] = data.images.shape;
  const size = rest.reduce((a, b) => a * b, 1);
  const [from, to] = [Math.min(start, data.count), Math.min(end, data.count)];
  return {
    images: tensor("f32", [to - from, ...rest], data.images.data.subarray(from * size, to * size)),
    labels: tensor("i32", [to - from], data.labels.data.subarray(from, to)),
    classes: data.classes,
    count: to - from,
  };
}

/** The same images with the labels in random order: what can still be learned from them is memory, not meaning. */
export function shuffleLabels(data: Dataset, seed: number): Dataset {
  const order = new Random(seed, 0x1abe1).permutation(data.count);
  return { ...data, labels: filled("i32", [data.count], (i) => data.labels.data[order[i]!]!, "labels") };
}

export type Batch = Readonly<Record<string, Tensor>>;

export interface BatchOptions {
  readonly batchSize: number;
  /** Decides the order, together with the number of the epoch. Default 0. */
  readonly seed?: number;
  /** False: in the order of the data. Default true. */
  readonly shuffle?: boolean;
  /** Name of the graph's input. Default `x`; labels are called `labels`. */
  readonly input?: string;
}

/** All of the data, batch by batch; the last batch may be smaller. Iterating it gives epoch 0. */
export interface Batches extends Iterable<Batch> {
  /** Batches in an epoch. */
  readonly length: number;
  /** What decides the order, and which data it is: a check sum of all labels and of up to 256 images, evenly spread. */
  readonly order: {
    readonly seed: number;
    readonly batchSize: number;
    readonly shuffle: boolean;
    readonly count: number;
    readonly checkSum: number;
  };
  epoch(index: number): Iterable<Batch>;
}

function checkSum({ images, labels, count }: Dataset): number {
  const [size, every] = [images.data.length / count, Math.ceil(count / 256)];
  const of = (values: Float32Array | Int32Array): number => crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  const sums = [of(labels.data)];
  for (let i = 0; i < count; i += every) sums.push(of(images.data.subarray(i * size, (i + 1) * size)));
  return of(Int32Array.from(sums));
}

/** @throws UsageError when the batch size is not a whole number from 1 to the size of the data. */
export function batches(data: Dataset, { batchSize, seed = 0, shuffle = true, input = "x" }: BatchOptions): Batches {
  if (!Number.isSafeInteger(batchSize) || batchSize < 1 || batchSize > data.count)
    throw new UsageError({
      code: "bad-batch-size",
      where: "batches",
      problem: "the batch size must be a whole number",
      expected: `1 to ${data.count}, the number of images`,
      got: String(batchSize),
    });
  const [, ...rest] = data.images.shape;
  const size = rest.reduce((a, b) => a * b, 1);

  function* epoch(index: number): Generator<Batch> {
    const order = shuffle ? new Random(seed, index).permutation(data.count) : filled("u32", [data.count], (i) => i).data;
    for (let start = 0; start < data.count; start += batchSize) {
      const chosen = order.subarray(start, start + batchSize);
      const x = allocate("f32", chosen.length * size, `batch of ${chosen.length}`);
      chosen.forEach((from, to) => x.set(data.images.data.subarray(from * size, (from + 1) * size), to * size));
      const labels = filled("i32", [chosen.length], (i) => data.labels.data[chosen[i]!]!);
      yield { [input]: tensor("f32", [chosen.length, ...rest], x), labels };
    }
  }
  const order = { seed, batchSize, shuffle, count: data.count, checkSum: checkSum(data) };
  return { length: Math.ceil(data.count / batchSize), order, epoch, [Symbol.iterator]: () => epoch(0)[Symbol.iterator]() };
}
