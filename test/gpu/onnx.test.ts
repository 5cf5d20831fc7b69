import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { tensorOf } from "../golden-runner/golden-case.ts";
import { loadTopic } from "../golden-runner/load.ts";
import { pixels } from "../golden-runner/models.ts";
import { absolute } from "../support/sources.ts";
import { closeChromium, inChromium } from "./chromium.ts";

afterAll(closeChromium);

test("a page under a strict policy loads a quantized ONNX file and computes ONNX Runtime's logits", { timeout: 120_000 }, async () => {
  const folder = absolute("test/golden");
  const c = loadTopic(folder, "models").find((m) => m.name === "a_digits/qop_s8s8_channel_minmax.onnx")!;
  const input = pixels(tensorOf(c, "images"), 4);
  const got = await inChromium<readonly number[]>("test/gpu/onnx.page.ts", {
    bytes: [...readFileSync(`${folder}/models/${c.name}`)],
    input: { shape: input.shape, data: [...input.data] },
  });
  expect(got).toEqual([...tensorOf(c, c.outputs.get("logits")!).data.subarray(0, 40)]);
});
