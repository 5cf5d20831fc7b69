/** The quickstart's result as text: one table, then what was proven. */
import type { JobResult } from "./job.ts";

const bytes = (n: number): string => `${(n / 1024).toFixed(1)} KiB`;

export function table(result: JobResult): string {
  const rows = [
    ["", "accuracy", "weights", "ms/batch", "images/s"],
    ...(["float", "ptq", "qat"] as const).map((key) => {
      const r = result[key];
      return [
        { float: "float", ptq: "PTQ int8", qat: "QAT int8" }[key],
        `${(r.accuracy * 100).toFixed(2)} %`,
        bytes(r.bytes),
        r.msPerBatch.toFixed(1),
        r.imagesPerSecond.toFixed(0),
      ];
    }),
  ];
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((r) => r[c]!.length)));
  const line = (r: readonly string[]): string =>
    r.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join("   ");
  return [
    line(rows[0]!),
    widths.map((w) => "─".repeat(w)).join("───"),
    ...rows.slice(1).map(line),
    "",
    `net          ${result.net}, ${(result.multiplyAdds / 1e6).toFixed(1)} million multiply-adds an image, ${islands(result)}`,
    `adapter      ${result.adapter}`,
    `bit-exact    ${proof(result)}`,
    `agreement    ${(result.agreement * 100).toFixed(2)} % of the test images get the same answer from the QAT graph and the int8 graph; largest difference of a layer ${result.largestStep} step${result.largestStep === 1 ? "" : "s"}`,
  ].join("\n");
}

const islands = ({ floatIslands: n }: JobResult): string =>
  n === 0 ? "no float op between input and output of the int8 nets" : `${n} FLOAT OPS inside the int8 nets`;

/** What was proven, in words. A backend compared with itself proves nothing, and nobody is told that it does. */
export function proof({ backend, verify: { differing, elements, nodes } }: JobResult): string {
  if (backend === "cpu") return "not shown, the CPU reference ran everything and there was no GPU to compare it with";
  const verdict = differing === 0 ? "yes" : "NO";
  return `${verdict}, ${differing} of ${elements.toLocaleString("en")} values in ${nodes} nodes differ between GPU and CPU`;
}
