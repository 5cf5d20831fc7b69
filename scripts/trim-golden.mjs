#!/usr/bin/env node
/**
 * `node scripts/trim-golden.mjs FROM`: copies the topics onnx_nodes and models of the golden folder FROM into test/golden, as
 * much of them as a repository should carry: nodes without those of many bytes, and a few models of each kind with the first images.
 */
import { Buffer } from "node:buffer";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const from = process.argv[2];
const to = join(import.meta.dirname, "..", "test", "golden");
const size = (path) =>
  statSync(path).isDirectory() ? readdirSync(path).reduce((sum, f) => sum + size(join(path, f)), 0) : statSync(path).size;
const json = (topic) => JSON.parse(readFileSync(join(from, `${topic}.json`), "utf8"));

/** Bytes of a node's folder. */
const MOST = 90_000;

const nodes = json("onnx_nodes");
const tests = nodes.tests.filter((t) => size(join(from, "onnx_nodes", t.name)) < MOST);
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

/** Models that a repository carries, of each kind one for each net, and those of them whose inner values it carries, too. */
const KEPT = new Map([
  ["a_digits", ["float", "qdq_u8s8_tensor_minmax", "qop_s8s8_channel_minmax", "dynamic_u8"]],
  ["b_bn", ["float_bn", "qdq_s8s8_channel_entropy", "qop_u8s8_tensor_minmax", "dynamic_u8"]],
]);
const TRACED = /^qop_/;

const models = json("models");
const nets = models.nets.flatMap(({ net, models: all }) => {
  const kept = all.filter(({ model }) => KEPT.get(net)?.includes(model.replace(/^.*\/|\.onnx$/g, "")));
  return kept.length > 0 ? [{ net, models: kept.map(({ model, opset, ops, tolerance }) => ({ model, opset, ops, tolerance })) }] : [];
});
for (const { net, models: kept } of nets) {
  mkdirSync(join(to, "models", net), { recursive: true });
  for (const { model } of kept) writeFileSync(join(to, "models", model), readFileSync(join(from, "models", model)));
  const stems = kept.map(({ model }) => model.replace(/^.*\/|\.onnx$/g, ""));
  const wanted = (name) =>
    name === "images" || stems.some((stem) => name === `${stem}.logits` || (TRACED.test(stem) && name.startsWith(`${stem}.trace/`)));
  const tensors = readTensors(readFileSync(join(from, "models", net, "expected.safetensors"))).filter(([name]) => wanted(name));
  writeFileSync(join(to, "models", net, "expected.safetensors"), safetensors(tensors));
}
const { topic, images, input, output, tolerance, trace, oracle } = models;
writeFileSync(join(to, "models.json"), `${JSON.stringify({ topic, images, input, output, tolerance, trace, oracle, nets })}\n`);
console.log(`${nets.flatMap((n) => n.models).length} models`);

/** Names, dtypes, bytes and shapes of a safetensors file. */
function readTensors(file) {
  const length = Number(file.readBigUInt64LE(0));
  const header = Object.entries(JSON.parse(file.subarray(8, 8 + length).toString()));
  const data = file.subarray(8 + length);
  return header.flatMap(([name, { dtype, shape, data_offsets: at }]) => (at ? [[name, dtype, data.subarray(...at), shape]] : []));
}

/** A safetensors file of tensors: names, dtypes, bytes, shapes (flat where they have none). */
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
