/** Data sets from a folder of IDX files. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../errors.ts";
import { idxDataset, idxFiles, readIdx } from "../train/idx.ts";
import type { Dataset } from "../train/dataset.ts";
import type { Tensor } from "../tensor/index.ts";

/**
 * MNIST, Fashion-MNIST or anything with the same file names (train-images-idx3-ubyte, t10k-labels-idx1-ubyte, ...), gzipped
 * or raw; `train-images.idx3-ubyte` is understood too.
 * @throws DataError that names the missing or damaged file
 */
export async function loadIdxFolder(folder: string): Promise<{ readonly train: Dataset; readonly test: Dataset }> {
  let present: string[];
  try {
    present = await readdir(folder);
  } catch (cause) {
    throw new DataError({
      code: "no-folder",
      where: folder,
      problem: "cannot be read as a folder",
      cause,
      remedy: "Name a folder that holds the four files of MNIST",
    });
  }
  const read = async (stem: string): Promise<Tensor<"u8">> => {
    const name = [stem, stem.replace("-idx", ".idx")].flatMap((s) => [s, `${s}.gz`]).find((s) => present.includes(s));
    if (!name)
      throw new DataError({
        code: "missing-file",
        where: folder,
        problem: `holds no ${stem}`,
        expected: `${stem} or ${stem}.gz`,
        got: present.slice(0, 8).join(", ") || "an empty folder",
        remedy: "Put the four files of MNIST there, as .gz or not",
      });
    const path = join(folder, name);
    const bytes = await readFile(path).catch((cause: unknown) =>
      Promise.reject(
        new DataError({
          code: "file",
          where: path,
          problem: `cannot be read: ${String(cause)}`,
          remedy: "See that it is a file that this user may read",
          cause,
        }),
      ),
    );
    return readIdx(bytes, { name: path });
  };
  const load = async ({ images, labels }: { readonly images: string; readonly labels: string }): Promise<Dataset> =>
    idxDataset(await read(images), await read(labels));
  return { train: await load(idxFiles.train), test: await load(idxFiles.test) };
}
