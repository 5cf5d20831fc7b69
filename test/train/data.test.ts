import { gzipSync } from "node:zlib";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DataError, UsageError } from "../../src/errors.ts";
import { loadIdxFolder } from "../../src/node/dataset.ts";
import { Random } from "../../src/numerics/random.ts";
import { tensor } from "../../src/tensor/index.ts";
import { batches, dataset, digits, idxDataset, readIdx, shuffleLabels, slice, type Dataset } from "../../src/train/index.ts";

function idx(shape: readonly number[], data: ArrayLike<number>, type = 8): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, type, shape.length]);
  shape.forEach((d, i) => new DataView(bytes.buffer).setUint32(4 + 4 * i, d));
  bytes.set(Uint8Array.from(data), 4 + 4 * shape.length);
  return bytes;
}

const code = async (bytes: Uint8Array, name = "a"): Promise<string> => {
  try {
    await readIdx(bytes, { name });
    return "none";
  } catch (e) {
    if (!(e instanceof DataError)) throw e;
    expect(e.message).toContain(name);
    return e.code;
  }
};

describe("IDX", () => {
  const pixels = Array.from({ length: 2 * 3 * 5 }, (_, i) => i * 8);
  const images = idx([2, 3, 5], pixels);

  it("reads raw and gzipped files, and scales to 0 .. 1", async () => {
    for (const [name, bytes] of [
      ["a", images],
      ["a.gz", gzipSync(images)],
    ] as const) {
      const t = await readIdx(bytes, { name });
      expect(t.shape).toEqual([2, 3, 5]);
      expect([...t.data]).toEqual(pixels);
    }
    const data = idxDataset(await readIdx(images, { name: "a" }), tensor("u8", [2], [9, 0]));
    expect(data.images.shape).toEqual([2, 3, 5, 1]);
    expect(data.images.data[29]).toBe(Math.fround(232 / 255));
  });

  it("refuses what is not an IDX file of bytes, by name and code", async () => {
    expect(await code(new Uint8Array())).toBe("truncated");
    expect(await code(new TextEncoder().encode("hello, world"))).toBe("bad-magic");
    expect(await code(idx([2], [1, 2], 0x0d))).toBe("unsupported-type");
    expect(await code(images.subarray(0, 9))).toBe("truncated");
    expect(await code(images.subarray(0, 40))).toBe("truncated");
    expect(await code(idx([2], [1, 2, 3]))).toBe("too-long");
    expect(await code(idx([0], []))).toBe("empty");
    expect(await code(idx([2 ** 32 - 1, 2 ** 32 - 1], [1]))).toBe("too-large");
    expect(await code(gzipSync(images))).toBe("gzip-as-raw");
    expect(await code(images, "a.gz")).toBe("raw-as-gzip");
    expect(await code(gzipSync(images).subarray(0, 30), "a.gz")).toBe("corrupt-gzip");
  });

  it("unpacks a gzip bomb no further than its header declares", async () => {
    const bomb = gzipSync(Buffer.concat([idx([3], [1, 2, 3]), Buffer.alloc(2 ** 26)]));
    expect(await code(bomb, "a.gz")).toBe("too-long");
    const header = gzipSync(idx([2 ** 31], []));
    expect(await code(header, "a.gz")).toBe("too-large");
  });

  it("answers any damage with a DataError or the right data", async () => {
    const r = new Random(1);
    const good = [images, new Uint8Array(gzipSync(images))];
    for (let i = 0; i < 400; i++) {
      const bytes = good[i % 2]!.slice(0, r.int(0, 3) === 0 ? r.int(0, good[i % 2]!.length) : undefined);
      for (let k = r.int(0, 2); k > 0 && bytes.length > 0; k--) bytes[r.int(0, bytes.length - 1)] = r.int(0, 255);
      await code(bytes, i % 2 ? "a.gz" : "a");
    }
  });

  it("refuses images and labels that do not belong together", async () => {
    const t = await readIdx(images, { name: "a" });
    expect(() => idxDataset(t, tensor("u8", [3], [1, 2, 3]))).toThrow(/2 labels.*3/);
    expect(() => idxDataset(t, tensor("u8", [2], [1, 10]))).toThrow(/0 to 9.*10/);
    expect(() => idxDataset(tensor("u8", [2], [1, 2]), t)).toThrow(DataError);
  });

  it("loads a folder, gzipped or not, and names a missing file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "dot4-"));
    try {
      await expect(loadIdxFolder(folder)).rejects.toThrow(/train-images-idx3-ubyte/);
      await writeFile(join(folder, "train-images-idx3-ubyte"), images);
      await writeFile(join(folder, "train-labels-idx1-ubyte.gz"), gzipSync(idx([2], [3, 4])));
      await writeFile(join(folder, "t10k-images.idx3-ubyte"), images);
      await writeFile(join(folder, "t10k-labels-idx1-ubyte"), idx([2], [5, 6]));
      const { train, test } = await loadIdxFolder(folder);
      expect([...train.labels.data, ...test.labels.data]).toEqual([3, 4, 5, 6]);
      await rm(join(folder, "t10k-labels-idx1-ubyte"));
      await mkdir(join(folder, "t10k-labels-idx1-ubyte"));
      await expect(loadIdxFolder(folder)).rejects.toMatchObject({
        code: "file",
        where: join(folder, "t10k-labels-idx1-ubyte"),
        problem: expect.stringContaining("EISDIR"),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("batches", () => {
  const images = tensor(
    "f32",
    [7, 1, 1, 2],
    Float32Array.from({ length: 14 }, (_, i) => i),
  );
  const data = dataset(images, [0, 1, 2, 0, 1, 2, 0], 3);
  const seen = (epoch: number, seed = 1) =>
    [...batches(data, { batchSize: 3, seed }).epoch(epoch)].flatMap((b) => [...b.labels!.data].map((l, i) => [b.x!.data[2 * i]! / 2, l]));

  it("show every image once, its own label beside it, the last batch smaller", () => {
    expect([...batches(data, { batchSize: 3 })].map((b) => b.x!.shape[0])).toEqual([3, 3, 1]);
    expect(batches(data, { batchSize: 3 }).length).toBe(3);
    const pairs = seen(0);
    expect(pairs.map(([i]) => i).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    for (const [i, label] of pairs) expect(label).toBe(i! % 3);
  });

  it("order follows seed and epoch, and nothing else", () => {
    expect(seen(0)).toEqual(seen(0));
    expect(seen(0)).not.toEqual(seen(1));
    expect(seen(0)).not.toEqual(seen(0, 2));
  });

  it("refuse a batch size of 0, a fraction, and more than there is", () => {
    for (const batchSize of [0, -1, 1.5, NaN, 8]) expect(() => batches(data, { batchSize })).toThrow(UsageError);
  });

  it("refuse labels out of range and fractional", () => {
    expect(() => dataset(images, [0, 1, 2, 0, 1, 2, 3], 3)).toThrow(/label 6.*0 to 2.*3/);
    expect(() => dataset(images, [0, 0.5, 2, 0, 1, 2, 0], 3)).toThrow(/label 1.*0\.5/);
    expect(() => dataset(images, [0], 3)).toThrow(/7 labels/);
  });

  it("slice and shuffleLabels", () => {
    expect([...slice(data, 2, 5).images.data]).toEqual([4, 5, 6, 7, 8, 9]);
    expect(slice(data, 5, 99).count).toBe(2);
    expect([...shuffleLabels(data, 3).labels.data].sort()).toEqual([0, 0, 0, 1, 1, 2, 2]);
  });
});

describe("digits", () => {
  const small = digits({ count: 1000, seed: 5 });
  const first = (seed: number): Float32Array => digits({ count: 10, seed }).images.data;

  it("follow the seed; classes are even", () => {
    const again = digits({ count: 1000, seed: 5 });
    expect(Buffer.compare(Buffer.from(again.images.data.buffer), Buffer.from(small.images.data.buffer))).toBe(0);
    expect(again.labels).toEqual(small.labels);
    expect(first(6)).not.toEqual(first(5));
    for (let d = 0; d < 10; d++) expect(small.labels.data.filter((l) => l === d).length).toBe(100);
    expect(() => digits({ count: 0 })).toThrow(UsageError);
  });

  it("are bytes over 255 with ink in every image", () => {
    const { data } = small.images;
    expect(data.every((v) => v >= 0 && v <= 1 && Math.fround(Math.round(v * 255) / 255) === v)).toBe(true);
    for (let i = 0; i < 1000; i++) expect(Math.max(...data.subarray(i * 784, (i + 1) * 784))).toBeGreaterThan(0.5);
  });

  it("are too hard for a linear classifier", () => {
    const { losses, accuracies } = softmaxRegression(digits({ count: 3000, seed: 1 }), digits({ count: 500, seed: 2 }), 20);
    const best = (from: number, to: number): number => Math.max(...accuracies.slice(from, to));
    // Trained out, so that the bound does not hold for want of training: the training images are fitted far closer (the loss
    // of guessing is 2.3) than the test images are, whose accuracy the second ten epochs raise by 10 images of 500 at most.
    expect(losses.at(-1)).toBeLessThan(0.25);
    expect(best(10, 20) - best(0, 10)).toBeLessThanOrEqual(0.02);
    // The best epoch has learned a good part (guessing is 0.1), yet stays below the 90 % that a data set must not give away
    // to a linear model: a net that passes that has seen shapes, not single pixels.
    expect(best(0, 20)).toBeGreaterThan(0.6);
    expect(best(0, 20)).toBeLessThan(0.9);
  });
});

/** Softmax(W x + b) by SGD with momentum 0.9 in batches of 30: training loss and test accuracy, epoch by epoch. */
function softmaxRegression(train: Dataset, test: Dataset, epochs: number): { losses: number[]; accuracies: number[] } {
  const batch = 30;
  // A row a class: 784 weights, then the bias.
  const [w, gradient, velocity] = [new Float32Array(7850), new Float32Array(7850), new Float32Array(7850)];
  const z = new Float64Array(10);
  const scores = ({ images }: Dataset, i: number): Float32Array => {
    const x = images.data.subarray(i * 784, (i + 1) * 784);
    for (let o = 0; o < 10; o++) {
      let sum = w[o * 785 + 784]!;
      for (let k = 0; k < 784; k++) sum += w[o * 785 + k]! * x[k]!;
      z[o] = sum;
    }
    return x;
  };
  const losses: number[] = [];
  const accuracies: number[] = [];
  for (let e = 0; e < epochs; e++) {
    let loss = 0;
    for (let i = 0; i < train.count; i++) {
      const x = scores(train, i);
      const label = train.labels.data[i]!;
      const top = Math.max(...z);
      const sum = z.reduce((total, v) => total + Math.exp(v - top), 0);
      loss += (Math.log(sum) + top - z[label]!) / train.count;
      for (let o = 0; o < 10; o++) {
        const g = (Math.exp(z[o]! - top) / sum - (o === label ? 1 : 0)) / batch;
        for (let k = 0; k < 784; k++) gradient[o * 785 + k]! += g * x[k]!;
        gradient[o * 785 + 784]! += g;
      }
      if ((i + 1) % batch !== 0) continue;
      for (let k = 0; k < w.length; k++) {
        velocity[k] = 0.9 * velocity[k]! + gradient[k]!;
        w[k]! -= 0.1 * velocity[k]!;
      }
      gradient.fill(0);
    }
    losses.push(loss);
    let correct = 0;
    for (let i = 0; i < test.count; i++) {
      scores(test, i);
      if (z.indexOf(Math.max(...z)) === test.labels.data[i]) correct++;
    }
    accuracies.push(correct / test.count);
  }
  return { losses, accuracies };
}
