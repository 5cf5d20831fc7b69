#!/usr/bin/env node
/**
 * `node scripts/trim-golden.mjs FROM`: copies the topics onnx_nodes and models of the golden folder FROM into test/golden, as
 * much of them as a repository should carry: nodes of element types and ranks that are offered, without those of many bytes,
 * and a few models of each kind with the first images.
 */
import { Buffer } from "node:buffer";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const from = process.argv[2];
const to = join(import.meta.dirname, "..", "test", "golden");
const size = (path) =>
  statSync(path).isDirectory() ? readdirSync(path).reduce((sum, f) => sum + size(join(path, f)), 0) : statSync(path).size;
const json = (topic) => JSON.parse(readFileSync(join(from, `${topic}.json`), "utf8"));

/** Bytes of a node's folder. */
const MOST = 90_000;

const nodes = json("onnx_nodes");
const tests = nodes.tests.filter((t) => t.tier === "core" && t.max_rank < 5 && size(join(from, "onnx_nodes", t.name)) < MOST);
const files = tests.flatMap(({ name }) =>
  readdirSync(join(from, "onnx_nodes", name), { recursive: true })
    .map((file) => `${name}/${file.replaceAll("\\", "/")}`)
    .filter((file) => statSync(join(from, "onnx_nodes", file)).isFile())
    .sort(),
);
writeFileSync(
  join(to, "onnx_nodes.safetensors"),
  safetensors(files.map((file) => [file, "U8", readFileSync(join(from, "onnx_nodes", file))])),
);
writeFileSync(
  join(to, "onnx_nodes.json"),
  `${JSON.stringify({
    topic: "onnx_nodes",
    oracle: nodes.oracle,
    tolerance: nodes.tolerance,
    tests: tests.map(({ name, op, opset, data_sets, rtol, atol }) => ({ name, op, opset, data_sets, rtol, atol })),
  })}\n`,
);
console.log(`${tests.length} of ${nodes.tests.length} nodes, ${files.length} files`);

/** A safetensors file of flat tensors: names, dtypes, bytes. */
function safetensors(tensors) {
  let at = 0;
  const entries = tensors.map(([name, dtype, bytes, shape = [bytes.length]]) => [
    name,
    { dtype, shape, data_offsets: [at, (at += bytes.length)] },
  ]);
  const text = JSON.stringify(Object.fromEntries(entries));
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...tensors.map(([, , bytes]) => bytes)]);
}
