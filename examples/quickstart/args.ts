/** Command line of the quickstart. Every wrong option is refused before anything is loaded. */
import { parseArgs } from "node:util";
import { UsageError } from "dot4";
import { isNetName, netNames, nets, type NetName } from "../nets/index.ts";

export interface QuickstartOptions {
  readonly net: NetName;
  readonly data: string | undefined;
  readonly epochs: number;
  readonly qatEpochs: number;
  readonly batch: number;
  readonly backend: "auto" | "webgpu" | "cpu";
  readonly weightBits: number;
  readonly shuffleLabels: boolean;
  readonly seed: number;
  readonly json: string | undefined;
}

export const help = `dot4 quickstart: train, quantize, convert and verify a digit classifier

  npm start -- [options]

  --net NAME         ${netNames.join(", ")}  (default digits)
  --data DIR         folder with IDX files (MNIST, Fashion-MNIST; gzipped or raw); default: digits that dot4 draws itself
  --epochs N         float training epochs             (default 3, bn3, mobilenet 5; drawn digits 2)
  --qat-epochs N     epochs with fake quantization     (default 2, drawn digits 1)
  --batch N          images per step                                          (default 64)
  --backend NAME     auto, webgpu or cpu                                      (default auto)
  --weight-bits N    2 to 8                                                   (default 8)
  --shuffle-labels   train on random labels: accuracy must stay near chance
  --seed N           weights, order of the data, drawn digits                 (default 1)
  --json FILE        write the figures to FILE
  --help`;

function whole(name: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max))
    throw new UsageError({
      code: "bad-option",
      where: `--${name}`,
      problem: "takes a whole number",
      expected: `${min} to ${max}`,
      got: JSON.stringify(text),
      remedy: "--help lists the options",
    });
  return value;
}

/** @throws UsageError for an unknown option or a value out of range; undefined when help was asked for. */
export function parse(argv: readonly string[]): QuickstartOptions | undefined {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        net: { type: "string", default: "digits" },
        data: { type: "string" },
        epochs: { type: "string" },
        "qat-epochs": { type: "string" },
        batch: { type: "string", default: "64" },
        backend: { type: "string", default: "auto" },
        "weight-bits": { type: "string", default: "8" },
        "shuffle-labels": { type: "boolean", default: false },
        seed: { type: "string", default: "1" },
        json: { type: "string" },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (cause) {
    throw new UsageError({ code: "bad-option", where: "command line", problem: (cause as Error).message, remedy: "See --help", cause });
  }
  if (values.help) return undefined;
  const { backend, net } = values;
  if (!isNetName(net))
    throw new UsageError({
      code: "bad-option",
      where: "--net",
      problem: "is unknown",
      expected: netNames.join(", "),
      got: JSON.stringify(net),
      remedy: "--help lists the options",
    });
  if (backend !== "auto" && backend !== "webgpu" && backend !== "cpu")
    throw new UsageError({
      code: "bad-option",
      where: "--backend",
      problem: "is unknown",
      expected: "auto, webgpu or cpu",
      got: JSON.stringify(backend),
      remedy: "--help lists the options",
    });
  return {
    net,
    data: values.data,
    epochs: whole("epochs", values.epochs ?? String(values.data === undefined ? 2 : nets[net].epochs), 1, 1000),
    qatEpochs: whole("qat-epochs", values["qat-epochs"] ?? (values.data === undefined ? "1" : "2"), 1, 1000),
    batch: whole("batch", values.batch, 1, 65536),
    backend,
    weightBits: whole("weight-bits", values["weight-bits"], 2, 8),
    shuffleLabels: values["shuffle-labels"],
    seed: whole("seed", values.seed, 0, 2 ** 31 - 1),
    json: values.json,
  };
}
