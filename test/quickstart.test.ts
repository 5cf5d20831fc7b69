/** The quickstart: its options, its result, and that the same seed gives the same bits. Real sizes of layers, few images. */
import { execFile } from "node:child_process";
import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { job, type JobOptions, type JobResult } from "../examples/lib/job.ts";
import { parse } from "../examples/quickstart/args.ts";
import { jsonWriter } from "../examples/quickstart/json.ts";
import { UsageError } from "../src/index.ts";
import { webgpu } from "../src/node/index.ts";
import * as train from "../src/train/index.ts";
import { absolute } from "./support/sources.ts";

const data = { train: train.digits({ count: 128, seed: 5 }), test: train.digits({ count: 64, seed: 6 }) };
const options: JobOptions = { net: "digits", epochs: 1, qatEpochs: 1, batch: 64, weightBits: 8, seed: 3 };

async function run(more: Partial<JobOptions> = {}): Promise<JobResult> {
  using backend = await webgpu();
  // Awaited here: the backend is disposed of when this function ends.
  return await job(data, { ...options, ...more }, backend, () => {});
}

describe("the main job", { timeout: 240_000 }, () => {
  test("same seed: the same weights and accuracies to the bit; another seed: others", async () => {
    const [a, b, other] = [await run(), await run(), await run({ seed: 4 })];
    const facts = ({ weights, float, ptq, qat, agreement }: JobResult) => [weights, float.accuracy, ptq.accuracy, qat.accuracy, agreement];
    expect(facts(b)).toEqual(facts(a));
    expect(other.weights).not.toBe(a.weights);
    expect(a.verify.differing).toBe(0);
    expect(a.verify.elements).toBeGreaterThanOrEqual(1_000_000);
    expect(a.largestStep).toBeLessThanOrEqual(1);
    expect(a.qat.bytes).toBeLessThanOrEqual(0.3 * a.float.bytes);
  });

  test("stops at an abort signal", async () => {
    await expect(run({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("the command line", { timeout: 240_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dot4-idx-"));
    const header = (...words: number[]): Buffer => {
      const bytes = Buffer.alloc(4 * words.length);
      words.forEach((w, i) => bytes.writeUInt32BE(w, 4 * i));
      return bytes;
    };
    for (const [stem, set] of [
      ["train", data.train],
      ["t10k", data.test],
    ] as const) {
      const pixels = Uint8Array.from(set.images.data, (v) => Math.round(v * 255));
      await writeFile(join(folder, `${stem}-images-idx3-ubyte`), Buffer.concat([header(0x803, set.count, 28, 28), pixels]));
      await writeFile(
        join(folder, `${stem}-labels-idx1-ubyte`),
        Buffer.concat([header(0x801, set.count), Uint8Array.from(set.labels.data)]),
      );
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const start = (...args: string[]) =>
    promisify(execFile)(process.execPath, [absolute("scripts/run.mjs"), absolute("examples/quickstart/main.ts"), ...args]);

  test("reads IDX files, prints the table and writes the JSON", async () => {
    const file = join(folder, "result.json");
    const { stdout } = await start(
      "--data",
      folder,
      "--epochs",
      "1",
      "--qat-epochs",
      "1",
      "--weight-bits",
      "2",
      "--shuffle-labels",
      "--json",
      file,
    );
    expect(stdout).toContain("SHUFFLED");
    expect(stdout).toMatch(/bit-exact +yes, 0 of [\d,]+ values/);
    const result = JSON.parse(await readFile(file, "utf8")) as JobResult;
    for (const net of [result.float, result.ptq, result.qat])
      expect(net).toEqual({
        accuracy: expect.any(Number),
        bytes: expect.any(Number),
        msPerBatch: expect.any(Number),
        imagesPerSecond: expect.any(Number),
      });
    expect(result).toMatchObject({
      net: "digits",
      floatIslands: 0,
      multiplyAdds: 784 * 360 + 196 * 14400 + 19600,
      backend: "webgpu",
      adapter: expect.stringContaining("webgpu ("),
      verify: { differing: 0 },
      agreement: expect.any(Number),
    });
  });

  test("a folder without IDX files is one line and exit code 1, and no JSON is written", async () => {
    const file = join(folder, "none.json");
    await expect(start("--data", tmpdir() + "/nowhere", "--json", file)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/DataError: .*nowhere/),
    });
    await expect(readFile(file)).rejects.toThrow();
  });

  test("a missing folder for --json is refused before anything runs", async () => {
    const data = join(folder, "nowhere");
    for (const file of [join(folder, "missing", "result.json"), join(folder, "train-labels-idx1-ubyte", "result.json"), folder])
      // The data, which is not there either, was not asked for yet.
      await expect(start("--data", data, "--json", file)).rejects.toMatchObject({
        code: 1,
        stdout: "",
        stderr: expect.stringMatching(/^\nUsageError: --json .*folder/),
      });
  });

  test("the JSON replaces an older one whole, also behind a link, or leaves it", async () => {
    const [file, link] = [join(folder, "old.json"), join(folder, "link.json")];
    await writeFile(file, "old");
    await symlink(file, link);
    const write = await jsonWriter(link);
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    await expect(write(circular)).rejects.toThrow(TypeError);
    expect(await readFile(file, "utf8")).toBe("old");
    await write({ new: 1 });
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ new: 1 });
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    await rm(file);
    await rm(link);
  });

  test.each([
    ["an unknown option", ["--epoch", "3"]],
    ["a value that is no number", ["--epochs", "many"]],
    ["no epochs", ["--epochs", "0"]],
    ["a batch of 0", ["--batch", "0"]],
    ["one bit", ["--weight-bits", "1"]],
    ["nine bits", ["--weight-bits", "9"]],
    ["an unknown backend", ["--backend", "cuda"]],
    ["a negative seed", ["--seed=-1"]],
    ["an unknown net", ["--net", "lenet"]],
    ["a net named like what every object has", ["--net", "constructor"]],
  ])("refuses %s", (_name, argv) => {
    expect(() => parse(argv)).toThrow(UsageError);
  });

  test("defaults depend on the data", () => {
    expect(parse([])).toMatchObject({ net: "digits", epochs: 2, qatEpochs: 1, batch: 64, weightBits: 8, backend: "auto" });
    expect(parse(["--data", "x"])).toMatchObject({ epochs: 3, qatEpochs: 2 });
    expect(parse(["--data", "x", "--net", "mobilenet"])).toMatchObject({ net: "mobilenet", epochs: 5, qatEpochs: 2 });
    expect(parse(["--help"])).toBeUndefined();
  });
});
